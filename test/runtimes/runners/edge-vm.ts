/**
 * Vercel's edge runtime, which has few globals: no `AbortSignal.any`, no `process`, no `Buffer`.
 */

import { EdgeVM } from '@edge-runtime/vm'
import type { Results, Runtime } from './runtime.ts'

export const edgeVm: Runtime = {
  name: 'edge-runtime',
  run: async (provider, { script }) => {
    const vm = new EdgeVM({ initialCode: script })
    const results = (await vm.evaluate(`suite.runChecks(${JSON.stringify(provider)})`)) as Results
    return { results, close: async () => {} }
  },
}
