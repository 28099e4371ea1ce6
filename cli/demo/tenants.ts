import { tellBooking } from './bookings.ts'
import { tellOrder } from './orders.ts'
import { tellPrompt } from './prompts.ts'
import type { Story } from './story.ts'

export interface DemoTenant {
  readonly slug: string
  readonly name: string
  /** How many streams of this kind begin in the month. */
  readonly streams: number
  readonly kind: string
  readonly tell: (story: Story) => void
}

/** Six customers of a SaaS product, from a large one to a new one. Together they have some five thousand events. */
export const demoTenants: readonly DemoTenant[] = [
  { slug: 'demo-harbor-goods', name: 'Harbor Goods', streams: 420, kind: 'order', tell: tellOrder },
  { slug: 'demo-nordic-outfitters', name: 'Nordic Outfitters', streams: 110, kind: 'order', tell: tellOrder },
  { slug: 'demo-corner-cafe', name: 'Corner Café', streams: 6, kind: 'order', tell: tellOrder },
  { slug: 'demo-seaside-stays', name: 'Seaside Stays', streams: 360, kind: 'booking', tell: tellBooking },
  { slug: 'demo-alpine-lodge', name: 'Alpine Lodge', streams: 40, kind: 'booking', tell: tellBooking },
  { slug: 'demo-quill-studio', name: 'Quill Studio', streams: 90, kind: 'prompt', tell: tellPrompt },
]
