// This folder is an app of its own, although it lies in a repository with another lockfile.
const root = import.meta.dirname

export default {
  outputFileTracingRoot: root,
  turbopack: { root },
  // By itself, it stands over the form of this page.
  devIndicators: { position: 'top-right' as const },
}
