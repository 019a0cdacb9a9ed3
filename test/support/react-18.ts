/**
 * React 18 in place of React 19, for a test project or for the bundle of a page.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const installed = path('react-18/node_modules')

/** Also renames what the testing library imports, which has to be part of the bundle therefore. */
export function react18(): Plugin {
  return {
    name: 'react-18',
    config: () => ({
      resolve: {
        alias: [
          { find: /^(react|react-dom)(?=\/|$)/, replacement: `${installed}/$1` },
          {
            // Its main file is CommonJS, whose imports cannot be renamed.
            find: /^@testing-library\/react$/,
            replacement: path(
              '../../node_modules/@testing-library/react/dist/@testing-library/react.esm.js',
            ),
          },
        ],
      },
    }),
  }
}
