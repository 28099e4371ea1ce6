/**
 * Free and taken TCP ports of 127.0.0.1.
 *
 * A port that was free a moment ago may be taken now: callers that pick a port must be ready to pick again.
 */
export { freePort, isPortFree } from './free-port.ts'
export { portHolder, portTaken } from './port-holder.ts'
