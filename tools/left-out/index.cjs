'use strict'
throw new Error(
  'This package is left out: Azurite needs it only when it keeps its tables in a SQL server (AZURITE_DB), which Trickle never does. See docs/dependencies.md.',
)
