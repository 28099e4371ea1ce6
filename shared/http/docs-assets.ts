/**
 * Files of the reference page that come from an npm package. The build copies them to assets/docs/ beside main.cjs, and
 * the page serves these and no others: one list, so that the two cannot disagree.
 */
export const docsAssets = {
  package: 'swagger-ui-dist',
  files: ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'],
} as const
