/**
 * The context that runs it, as functions/welcome-mail/context.ts would be: copy the folder, and add one line to
 * functions/app.ts: `export { welcomeMails } from './welcome-mail/context.ts'`.
 */
import { defineContext } from '../../functions/define-context.ts'
import { folderMailer } from './folder-mailer.ts'
import { welcomeMail } from './subscription.ts'

export const welcomeMails = defineContext({
  name: 'welcome-mail',
  subscriptions: () => [welcomeMail(folderMailer('welcome-mails'))],
})
