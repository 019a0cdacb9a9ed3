/**
 * The tables.
 *
 * @module
 */

import { type Rule, rule } from '../../base/check-options.js'

/** Lower case, because Postgres changes names without quotes to it. */
export const tablePrefix: Rule = rule(
  'lower case letters, digits and _, such as "sluice_" or "chat.sluice_"',
  (value) =>
    typeof value === 'string' &&
    /^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/.test(value) &&
    value.length <= 40,
)

/** The prefix if none is given. */
export const defaultPrefix = 'sluice_'

/**
 * The tables. `expires` is `infinity` for no limit.
 *
 * In an entry, `lines` are the events of one append, one line each. A stream has an index on `sweep`
 * instead of `expires`, which changes once a minute at most: Postgres updates a row in place if no
 * index needs it.
 */
export function tables(prefix: string): string {
  // An index is in the schema of its table, and its name has none.
  const name = prefix.replace(/^.*\./, '')
  return `CREATE TABLE IF NOT EXISTS ${prefix}conversations (
  key bigserial PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  version text NOT NULL,
  count integer NOT NULL,
  draft text,
  title text,
  updated timestamptz NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS ${name}conversations_updated ON ${prefix}conversations (updated, key);
CREATE INDEX IF NOT EXISTS ${name}conversations_expires ON ${prefix}conversations (expires)
  WHERE expires < 'infinity';
CREATE TABLE IF NOT EXISTS ${prefix}messages (
  conversation bigint NOT NULL,
  position integer NOT NULL,
  message text NOT NULL,
  PRIMARY KEY (conversation, position)
);
CREATE TABLE IF NOT EXISTS ${prefix}locks (
  id text COLLATE "C" PRIMARY KEY,
  token text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS ${prefix}waiting (
  place bigserial PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  token text NOT NULL UNIQUE,
  seen timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS ${name}waiting_id ON ${prefix}waiting (id, place);
CREATE TABLE IF NOT EXISTS ${prefix}streams (
  key bigserial PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  fence text NOT NULL,
  leased timestamptz NOT NULL,
  expires timestamptz NOT NULL,
  sweep timestamptz NOT NULL,
  last bigint NOT NULL DEFAULT 0,
  before bigint NOT NULL DEFAULT 0,
  revivals integer NOT NULL DEFAULT 0,
  stopping boolean NOT NULL DEFAULT false,
  ended boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS ${name}streams_sweep ON ${prefix}streams (sweep);
CREATE INDEX IF NOT EXISTS ${name}streams_running ON ${prefix}streams (key) WHERE NOT ended;
CREATE TABLE IF NOT EXISTS ${prefix}entries (
  stream bigint NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  ended boolean NOT NULL,
  lines text NOT NULL,
  PRIMARY KEY (stream, last)
);
`
}
