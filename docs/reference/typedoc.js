import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const entries = Object.keys(manifest.exports).filter((path) => path !== './package.json')

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: manifest.name,
  includeVersion: true,
  entryPoints: entries.map(
    (path) => `../../src/entries/${path === '.' ? 'index' : path.slice(2)}.ts`,
  ),
  tsconfig: 'tsconfig.json',
  out: 'html',
  favicon: '../site/public/icon.svg',
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  sort: ['source-order'],
  disableSources: true,
  highlightLanguages: ['js', 'json', 'sh', 'sql', 'svelte', 'ts', 'tsx', 'typescript', 'vue'],
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  validation: {
    invalidLink: true,
    notDocumented: true,
    notExported: true,
    unusedMergeModuleWith: true,
  },
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Enum'],
  // The shapes of what users hand in, as other packages document it.
  intentionallyNotExported: [
    'HeaderValues',
    // Steps of a type that is exported.
    'AgUiFields',
    'AgUiSource',
    'HeaderFields',
    'OpenaiInputPart',
    'OpenaiTextPart',
    'OpenaiToolCall',
    'Promised',
    'Shown',
    'UiApprovalState',
    'UiCallState',
    'UiPartOfAll',
    'UiToolPart',
    'finishReasons',
    'Cut',
    'NeitherOutputNorTools',
    'OnlyOutput',
    'PromptOrMessages',
    'PromptWithoutMessages',
    'ResultOfValue',
    'Setup',
    'ValidatedInput',
    'WithoutTools',
    'Resource',
    'HeaderReader',
    'WireName',
    'ResponsesResource',
    'SdkRequest',
    'OnMessage',
    'Tracer',
    'Meter',
  ],
  intentionallyNotDocumented: [
    ...['query', 'release', 'on', 'removeListener'].map(
      (name) => `sluice/postgres.PostgresClient.${name}`,
    ),
    'sluice/postgres.PostgresPool.connect',
    ...['getItem', 'setItem', 'removeItem'].map((name) => `sluice/client.KeepStorage.${name}`),
    ...['call', 'subscribe', 'unsubscribe', 'duplicate', 'disconnect', 'connect', 'on'].map(
      (name) => `sluice/redis.IoredisClient.${name}`,
    ),
    ...['NodeRedisClient', 'NodeRedisCluster'].flatMap((type) =>
      ['sendCommand', 'subscribe', 'unsubscribe', 'duplicate', 'destroy', 'connect', 'on'].map(
        (name) => `sluice/redis.${type}.${name}`,
      ),
    ),
    ...['ConversationOptions', 'SendOptions', 'RegenerateOptions'].flatMap((type) =>
      ['beforeStep', 'onUncertain', 'onStep', 'onToolStart', 'onToolEnd'].map(
        (name) => `sluice/conversation.${type}.${name}`,
      ),
    ),
    'sluice.JsonOf.__type.toJSON',
    'sluice.OutputOf.__type.run',
    'sluice.OutputStream.[asyncIterator]',
    'sluice/mcp.McpClient.listTools',
    'sluice/mcp.McpClient.callTool',
    'sluice/mcp.McpRequestOptions.onprogress',
    'sluice.StandardJsonSchema.~standard.__type.jsonSchema.__type.input',
    'sluice.StandardSchema.~standard.__type.jsonSchema.__type.input',
    'sluice.StandardSchema.~standard.__type.validate',
    'sluice/anthropic.AnthropicClient.messages.__type.create',
    'sluice/anthropic.BaseAnthropicClient.post',
    'sluice/otel.OpenTelemetryApi.trace.__type.getTracer',
    'sluice/otel.OpenTelemetryApi.metrics.__type.getMeter',
    'sluice/otel.OpenTelemetryApi.context.__type.active',
  ],
}
