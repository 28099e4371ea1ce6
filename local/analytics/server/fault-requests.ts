import type { IncomingMessage } from 'node:http'
import type { FaultDoor } from '../faults/index.ts'
import { FAULT_BODY_BYTES_MAX } from '../limits.ts'
import { jsonReply } from './reply.ts'
import type { Reply } from './reply.ts'
import { readBody } from './request-body.ts'

export const FAULTS_PATH = '/faults'

/** POST sets the rules, GET shows them with their hits, DELETE clears them. */
export async function answerFaultRequest(door: FaultDoor, request: IncomingMessage): Promise<Reply> {
  switch (request.method) {
    case 'GET':
      return jsonReply(200, door.show())
    case 'DELETE':
      door.clear()
      return jsonReply(200, door.show())
    case 'POST': {
      const body = await readBody(request, FAULT_BODY_BYTES_MAX)
      let plan: unknown
      try {
        plan = JSON.parse(body.toString('utf8'))
      } catch (error) {
        return problem(400, `The plan is not JSON: ${error instanceof Error ? error.message : String(error)}`)
      }
      const wrong = door.set(plan)
      return wrong === undefined ? jsonReply(200, door.show()) : problem(400, wrong)
    }
    default:
      return problem(405, 'The fault door takes GET, POST and DELETE.')
  }
}

function problem(status: number, detail: string): Reply {
  return jsonReply(status, { error: { code: 'FAULT_PLAN_INVALID', message: detail } })
}
