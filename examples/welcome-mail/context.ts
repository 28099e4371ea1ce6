/**
 * The context that runs the subscription. To use it, copy this folder to functions/welcome-mail, and add one line to
 * functions/app.ts: `export { welcomeMails } from './welcome-mail/context.ts'`.
 */
import { defineContext } from '../../functions/define-context.ts'
import { folderMailer } from './folder-mailer.ts'
import { welcomeMail } from './subscription.ts'

export const welcomeMails = defineContext({
  name: 'welcome-mail',
  subscriptions: () => [welcomeMail(folderMailer('welcome-mails'))],
})
