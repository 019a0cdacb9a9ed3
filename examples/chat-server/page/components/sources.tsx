/**
 * Where an answer comes from.
 */

import type { SourcePart } from 'sluice'
import { safeUrl } from '../markdown/safe-url.ts'

export function Sources({ sources }: { sources: readonly SourcePart[] }) {
  const byUrl = new Map(sources.map((source) => [source.url ?? source.title ?? '', source]))
  return (
    <section className="sources" aria-label="Sources">
      <h3>Sources</h3>
      <ol>
        {[...byUrl.values()].map(({ url, title }) => {
          const address = safeUrl(url)
          const name = title || (address === undefined ? 'A source' : new URL(address).hostname)
          return (
            <li key={url ?? title}>
              {address === undefined ? (
                name
              ) : (
                <a href={address} target="_blank" rel="noopener noreferrer nofollow">
                  {name}
                </a>
              )}
            </li>
          )
        })}
      </ol>
    </section>
  )
}
