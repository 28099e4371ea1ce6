/** The writer of the OpenAPI document and its library, bundled apart: only the reference needs them. */
export { buildDocument } from './openapi-document.ts'
