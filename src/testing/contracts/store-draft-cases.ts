/**
 * The contract of a store: drafts.
 *
 * @module
 */

import type { ConversationChange } from '../../conversation/store.js'
import { check, show } from './driver-checks.js'
import {
  checkEqual,
  checkRejects,
  keepRenewing,
  later,
  pause,
  type StoreCase,
  turnOf,
} from './store-case.js'

/** A draft with field names and values that have broken stores. */
const unusualDraft: object = JSON.parse(`{
  "__proto__": { "polluted": true },
  "constructor": { "prototype": { "polluted": true } },
  "toJSON": "text", "then": 1, "length": 2, "": "no name", "a.b": 1, "$set": { "$gt": 0 },
  "deep": { "__proto__": [{ "__proto__": null }], "list": [[], {}, null, "", 0, false] },
  "numbers": [0.1, -5, 1e21, 9007199254740991],
  "text": "Grüße 🌊\\r\\n\\u2028\\"quotes\\" \\\\ \\u0000 \\ud800 ",
  "nothing": null
}`)

export const draftCases: Record<string, StoreCase> = {
  'stores a draft before the first message, replaces it as a whole, and deletes it': {
    async run({ store, id }) {
      let version = await store.write(id, { draft: { step: 1, old: true } }, null)
      checkEqual(
        await store.load(id),
        { messages: [], version, draft: { step: 1, old: true } },
        'load',
      )
      version = await store.write(id, { draft: { step: 2 } }, version)
      checkEqual(await store.load(id), { messages: [], version, draft: { step: 2 } }, 'load')
      version = await store.write(id, { draft: {} }, version)
      checkEqual(await store.load(id), { messages: [], version, draft: {} }, 'load')
      version = await store.write(id, { draft: null }, version)
      checkEqual(await store.load(id), { messages: [], version }, 'load after draft: null')
      version = await store.write(id, { draft: null }, version)
      checkEqual(await store.load(id), { messages: [], version }, 'load after draft: null again')
    },
  },

  'keeps the draft when messages change, and the messages when the draft changes': {
    async run({ store, id }) {
      const draft = { step: 1 }
      let version = await store.write(id, { add: turnOf('a'), draft }, null)
      checkEqual(await store.load(id), { messages: turnOf('a'), version, draft }, 'load')
      version = await store.write(id, { add: turnOf('b') }, version)
      const both = [...turnOf('a'), ...turnOf('b')]
      checkEqual(await store.load(id), { messages: both, version, draft }, 'load after add')
      version = await store.write(id, { keep: 2 }, version)
      checkEqual(await store.load(id), { messages: turnOf('a'), version, draft }, 'load after keep')
      version = await store.write(id, {}, version)
      checkEqual(
        await store.load(id),
        { messages: turnOf('a'), version, draft },
        'load after an empty change',
      )
      version = await store.write(id, { draft: { step: 2 } }, version)
      checkEqual(
        await store.load(id),
        { messages: turnOf('a'), version, draft: { step: 2 } },
        'load after draft',
      )
      version = await store.write(id, { draft: null }, version)
      checkEqual(await store.load(id), { messages: turnOf('a'), version }, 'load after draft: null')
    },
  },

  'returns drafts unchanged, whatever the names of their fields': {
    async run({ store, id }) {
      await store.write(id, { add: turnOf('a'), draft: unusualDraft }, null)
      checkEqual((await store.load(id)).draft, unusualDraft, 'the draft')
    },
  },

  'stores large drafts': {
    async run({ store, id }) {
      const ledger = Array.from({ length: 2_000 }, (_, index) => ({
        id: `call ${index}`,
        state: 'done',
      }))
      const large = { ledger, text: 'x🌊'.repeat(100_000) }
      let version: string | null = null
      for (const draft of [large, { small: true }, large]) {
        version = await store.write(id, { draft }, version)
        const same = JSON.stringify((await store.load(id)).draft) === JSON.stringify(draft)
        check(same || draft !== large, 'the large draft has changed')
        check(same || draft === large, 'the small draft after a large one has changed')
      }
    },
  },

  'returns a new version after each draft, and after an empty change': {
    async run({ store, id }) {
      const versions: (string | null)[] = [null]
      for (const change of [{ draft: { a: 1 } }, { draft: { a: 1 } }, {}, { draft: null }, {}]) {
        const version = await store.write(id, change, versions.at(-1) ?? null)
        checkEqual((await store.load(id)).version, version, 'the version')
        versions.push(version)
      }
      checkEqual(new Set(versions).size, versions.length, `different ones in ${show(versions)}`)
    },
  },

  'rejects a draft at another version with conflict, and changes nothing': {
    async run(context) {
      const { store, id } = context
      const draft = { step: 1 }
      const stale = await store.write(id, { add: turnOf('a') }, null)
      const version = await store.write(id, { draft }, stale)
      for (const wrong of [stale, null, 'another']) {
        for (const change of [
          { draft: { step: 2 } },
          { draft: null },
          { keep: 0, draft: { step: 2 } },
          { keep: 1, add: turnOf('late'), draft: null },
          {},
        ]) {
          const late = store.write(id, change, wrong)
          await checkRejects(context, late, 'conflict', `write of ${show(change)} at ${wrong}`)
          checkEqual(await store.load(id), { messages: turnOf('a'), version, draft }, 'load')
        }
      }
    },
  },

  'accepts exactly one of twenty concurrent drafts with the same expected version': {
    async run({ store, id }) {
      const expected = await store.write(id, { add: turnOf('a') }, null)
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => store.write(id, { draft: { index } }, expected)),
      )
      const won = results.flatMap((result, index) =>
        result.status === 'fulfilled' ? [{ index, version: result.value }] : [],
      )
      checkEqual(won.length, 1, `how many won in ${show(results)}`)
      const { index, version } = won[0] ?? {}
      checkEqual(await store.load(id), { messages: turnOf('a'), version, draft: { index } }, 'load')
    },
  },

  'never loads half a change of messages and draft': {
    async run({ store, id }) {
      const state = { writing: true }
      const write = async (): Promise<void> => {
        let version: string | null = null
        const next = async (change: ConversationChange): Promise<void> => {
          version = await store.write(id, change, version)
          await pause(0)
        }
        await next({ draft: { turn: 0 } })
        for (let turn = 1; turn <= 20; turn++) {
          // A commit, the draft of the next turn, and a change of what was committed.
          await next({ add: turnOf(`${turn}`), draft: null })
          await next({ draft: { turn } })
          const add = [...turnOf(`${turn}`), { role: 'user' as const, content: 'more' }]
          await next({ keep: 2 * (turn - 1), add, draft: { turn, more: true } })
          await next({ keep: 2 * turn, draft: { turn } })
        }
      }
      const written = later(
        write().finally(() => {
          state.writing = false
        }),
      )
      do {
        const { messages, draft } = await store.load(id)
        const { turn, more = false } = (draft ?? { turn: messages.length / 2 }) as {
          turn: number
          more?: boolean
        }
        check(
          messages.length === 2 * turn + (more ? 1 : 0),
          `${messages.length} messages do not belong to the draft ${show(draft)}`,
        )
        await pause(0)
      } while (state.writing)
      await written
    },
  },

  'is not affected by later changes to given and loaded drafts': {
    async run({ store, id }) {
      const original = { calls: [{ id: 'c1', state: 'called' }], step: 1 }
      const given = structuredClone(original)
      const version = await store.write(id, { draft: given }, null)
      const change = (draft: unknown): void => {
        const { calls } = draft as typeof original
        Object.assign(draft as object, { step: 5 })
        Object.assign(calls[0] ?? {}, { state: 'done' })
        calls.push({ id: 'c2', state: 'called' })
      }
      change(given)
      change((await store.load(id)).draft)
      checkEqual(await store.load(id), { messages: [], version, draft: original }, 'load')
    },
  },

  'deletes the draft on clear(), and rejects the draft of a turn that began before': {
    async run(context) {
      const { store, id } = context
      for (const add of [[], turnOf('a')]) {
        const { version: before } = await store.load(id)
        const stale = await store.write(id, { add, draft: { step: 1 } }, before)
        await store.clear(id)
        const { version, ...rest } = await store.load(id)
        checkEqual(rest, { messages: [] }, 'load after clear()')
        const late = store.write(id, { draft: { step: 2 } }, stale)
        await checkRejects(context, late, 'conflict', 'write of a draft')
        const next = await store.write(id, { draft: { step: 3 } }, version)
        checkEqual(
          await store.load(id),
          { messages: [], version: next, draft: { step: 3 } },
          'load',
        )
        await store.clear(id)
      }
    },
  },

  'keeps the drafts of different conversations apart': {
    async run({ store, id }) {
      await store.write(id, { draft: { of: 'first' } }, null)
      await store.write(`${id} other`, { draft: { of: 'second' } }, null)
      checkEqual((await store.load(id)).draft, { of: 'first' }, 'the draft')
      await store.clear(`${id} other`)
      checkEqual((await store.load(id)).draft, { of: 'first' }, 'the draft')
    },
  },

  'deletes a draft together with its conversation': {
    ttlMs: 200,
    async run({ store, id, deadlineMs, ttlMs }) {
      await store.write(id, { draft: { step: 1 } }, null)
      const endsAt = Date.now() + ttlMs + deadlineMs
      for (;;) {
        const stored = await store.load(id)
        if (stored.version === null) {
          checkEqual(stored, { messages: [], version: null }, 'load')
          break
        }
        checkEqual(stored.draft, { step: 1 }, 'the draft')
        check(Date.now() < endsAt, `it was still there after ${ttlMs + deadlineMs} ms`)
        await pause(10)
      }
      await store.write(id, { add: turnOf('b') }, null)
    },
  },

  'keeps a draft while a turn is running': {
    ttlMs: 600,
    async run({ store, id, ttlMs }) {
      await keepRenewing(ttlMs * 2, ttlMs, async (round) => {
        const own = `${id} ${round}`
        const lock = await store.lock(own, { ttlMs: 10_000 })
        const version = await store.write(own, { draft: { step: 1 } }, null)
        const meanwhile = async (): Promise<void> => {
          checkEqual(await store.load(own), { messages: [], version, draft: { step: 1 } }, 'load')
        }
        return { lock, meanwhile }
      })
    },
  },
}
