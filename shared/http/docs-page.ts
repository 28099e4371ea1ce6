import type { ErrorEntry } from '../errors/index.ts'

/**
 * The page loads from this server alone and runs no inline script. `data:` images are icons in Swagger UI's style sheet.
 */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Assets that are text of ours; the others come from the package (docs-assets.ts). */
export const ownAssets: Readonly<Record<string, string>> = {
  // validatorUrl null: Swagger UI would otherwise send the address of the document to swagger.io and show a badge.
  'start.js': `SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  // A token of an hour is typed once and not after each reload. It stays in this browser, for this origin.
  persistAuthorization: true,
  queryConfigEnabled: false,
  validatorUrl: null,
})
`,
  // The second rule hides the same example of a problem under each of a dozen errors: `Problem` stands below the
  // operations. The rules after it are for the table of errors: Swagger UI uses the same elements.
  'page.css': `body { margin: 0; background: #fff; }
.swagger-ui .response[data-code^='4'] .response-controls, .swagger-ui .response[data-code^='5'] .response-controls,
.swagger-ui .response[data-code^='4'] .model-example, .swagger-ui .response[data-code^='5'] .model-example { display: none; }
.errors { max-width: 70rem; margin: 0 auto; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; color: #222; }
.errors table { border-collapse: collapse; width: 100%; }
.errors th, .errors td { text-align: left; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }
.errors th[scope=row] { font: 0.9rem/1.6 ui-monospace, monospace; }
.errors tr:target { background: #fff3bf; }
`,
}

/** The reference page: Swagger UI over /api/openapi.json. */
export function referencePage(title: string): string {
  return page(
    escapeHtml(title),
    '<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css">',
    `<div id="swagger-ui"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/assets/start.js"></script>`,
  )
}

const page = (title: string, head: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/png" href="/api/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/assets/page.css">
${head}
</head>
<body>
${body}
</body>
</html>
`

/** The table of error codes; `type` of every problem document points into it. */
export function errorsPage(title: string, errors: Readonly<Record<string, ErrorEntry>>): string {
  const rows = Object.entries(errors)
    .toSorted(([, left], [, right]) => left.status - right.status)
    .map(
      ([code, entry]) =>
        `<tr id="${code}"><th scope="row">${code}</th><td>${entry.status}</td><td>${escapeHtml(entry.title)}</td><td>${entry.retryable ? 'yes' : 'no'}</td></tr>`,
    )
  return page(
    `${escapeHtml(title)}: errors`,
    '',
    `<main class="errors">
<h1>Errors</h1>
<p>Every error is an <code>application/problem+json</code> document (RFC 9457) with one of these codes. A code keeps its
meaning for good; compare it, not the texts. <a href="/api/docs">Back to the reference</a></p>
<table>
<thead><tr><th>code</th><th>status</th><th>meaning</th><th>retry</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</main>`,
  )
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
