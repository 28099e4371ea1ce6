/**
 * The style sheet of the reference page and of the table of errors. Swagger UI has a dark half, which the class
 * `dark-mode` on the root element switches on (`colour-scheme.js`). Here stand what it leaves unreadable in either half
 * and what it shows that nobody needs. Text has a contrast of 4.5 to 1 at least, as WCAG 2.2 asks.
 */
export const PAGE_STYLE = `:root { --ground: #fff; --text: #222; --line: #ddd; --target: #fff3bf; --link: #1f6fc4; }
:root.dark-mode { --ground: #1c2022; --text: #e4e6e6; --line: #545d61; --target: #4d4415; --link: #51a8ff; }
body { margin: 0; background: var(--ground); }

/* Not in use here: links between operations. The table of answers would be wider than a telephone. */
.swagger-ui .response-col_links { display: none; }
/* The same example of a problem under each of a dozen errors: Problem stands below the operations. */
.swagger-ui .response[data-code^='4'] .response-controls, .swagger-ui .response[data-code^='5'] .response-controls,
.swagger-ui .response[data-code^='4'] .model-example, .swagger-ui .response[data-code^='5'] .model-example { display: none; }
.swagger-ui .info { margin: 30px 0 10px; }
.swagger-ui .scheme-container { padding: 15px 0; }

/* White on Swagger UI's own green and blue has a contrast of 2 to 1. */
html:not(.dark-mode) .swagger-ui .opblock-post .opblock-summary-method { background: #14804a; }
html:not(.dark-mode) .swagger-ui .opblock-get .opblock-summary-method { background: #1f6fc4; }
html:not(.dark-mode) .swagger-ui .opblock-put .opblock-summary-method { background: #9a5b00; }
html:not(.dark-mode) .swagger-ui .opblock-delete .opblock-summary-method { background: #c62121; }
html:not(.dark-mode) .swagger-ui .opblock-patch .opblock-summary-method { background: #0b7a65; }
html:not(.dark-mode) .swagger-ui .info .title small { background: #5f6673; }
html:not(.dark-mode) .swagger-ui .info .title small.version-stamp { background: #4a6b00; }
html:not(.dark-mode) .swagger-ui .info a, html:not(.dark-mode) .swagger-ui .info .url { color: var(--link); }
html:not(.dark-mode) .swagger-ui .btn.authorize { color: #14804a; border-color: #14804a; }
html:not(.dark-mode) .swagger-ui .btn.authorize svg { color: #14804a; fill: #14804a; }
html:not(.dark-mode) .swagger-ui .btn.cancel { color: #b3261e; border-color: #b3261e; }
html.dark-mode .swagger-ui .opblock .opblock-section-header .btn.try-out__btn.cancel { color: #ff8a8a; border-color: #ff8a8a; }
html:not(.dark-mode) .swagger-ui .btn.execute { background: var(--link); border-color: var(--link); }
html:not(.dark-mode) .swagger-ui .json-schema-2020-12-expand-deep-button { color: #5c6470; }
html:not(.dark-mode) .swagger-ui .parameter__in { color: #5c6470; }
html:not(.dark-mode) .swagger-ui .parameter__name.required span, html:not(.dark-mode) .swagger-ui .parameter__name.required::after { color: #b3261e; }
html.dark-mode .swagger-ui .headers-wrapper td { color: #e4e6e6; }

/* On a telephone a parameter's description stands below its name, and so has the whole width. */
@media (max-width: 40rem) {
  .swagger-ui table.parameters thead { display: none; }
  .swagger-ui table.parameters tr, .swagger-ui table.parameters tr td { display: block; max-width: none; width: auto; }
  .swagger-ui table.parameters tr td.parameters-col_description { padding-top: 0; }
}

.errors { max-width: 70rem; margin: 0 auto; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text); }
.errors a { color: var(--link); }
.errors table { border-collapse: collapse; width: 100%; }
.errors th, .errors td { text-align: left; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.errors th[scope=row] { font: 0.9rem/1.6 ui-monospace, monospace; }
.errors tr:target { background: var(--target); }
/* A telephone has no room for four columns beside a long code: the code has a line of its own, the rest stands below. */
@media (max-width: 40rem) {
  .errors thead { display: none; }
  .errors tr { display: grid; grid-template-columns: 3rem 1fr auto; border-bottom: 1px solid var(--line); padding: 0.4rem 0; }
  .errors th[scope=row] { grid-column: 1 / -1; overflow-wrap: anywhere; }
  .errors th, .errors td { border: 0; padding: 0 0.4rem 0 0; }
  .errors td:last-child::before { content: 'retry: '; }
}
`
