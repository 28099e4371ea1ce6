/**
 * The number of the newest migration that this code needs; `ready` fails while the database is below it. A test holds
 * it to the folders of migrations.
 */
export const requiredMigrationLevel = 13
