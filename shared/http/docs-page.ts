import type { ErrorEntry } from '../errors/index.ts'
import { PAGE_STYLE } from './docs-style.ts'

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
  syntaxHighlight: { theme: 'tomorrow-night' },
  queryConfigEnabled: false,
  validatorUrl: null,
})
`,
  // In the head, so that it runs before anything is drawn: the page would otherwise flash white in the dark.
  'colour-scheme.js': `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
`,
  'page.css': PAGE_STYLE,
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
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" type="image/png" href="/api/docs/assets/favicon-32x32.png">
<script src="/api/docs/assets/colour-scheme.js"></script>
${head}
<link rel="stylesheet" href="/api/docs/assets/page.css">
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
