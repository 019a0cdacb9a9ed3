/**
 * Work that can wait, one piece at a time, so that input comes first.
 */

const jobs: (() => void)[] = []
let isScheduled = false

/** @returns the function that cancels it */
export function whenIdle(job: () => void): () => void {
  jobs.push(job)
  schedule()
  return () => {
    const index = jobs.indexOf(job)
    if (index !== -1) jobs.splice(index, 1)
  }
}

function schedule(): void {
  if (isScheduled || jobs.length === 0) return
  isScheduled = true
  const run = () => {
    isScheduled = false
    jobs.shift()?.()
    schedule()
  }
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: 500 })
  else setTimeout(run, 16)
}
