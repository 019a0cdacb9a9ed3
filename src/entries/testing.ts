/**
 * Test tools: a simulated provider that fails on request, scripted drivers, cassettes, and contract
 * suites for drivers, stores and logs.
 *
 * ```ts
 * import { simulatedProvider } from 'sluice/testing'
 *
 * const provider = simulatedProvider({ paceMs: 0, answer: [{ fault: { kind: 'cut', afterEvents: 5 } }, 'Hello!'] })
 * const client = new OpenAI({ apiKey: 'any', fetch: provider.fetch, maxRetries: 0 })
 *
 * // or over a real socket
 * const { url, close } = await provider.listen()
 * ```
 *
 * @module sluice/testing
 */

export type { Cassette, CassetteChunk, Interaction } from '../testing/cassette/cassette-file.js'
export { type RecordingFetch, type RecordOptions, record } from '../testing/cassette/record.js'
export { type ReplayOptions, replay } from '../testing/cassette/replay.js'
export type { ReplayFault } from '../testing/cassette/replay-fault.js'
export type {
  BlockDriver,
  DriverChapters,
  WatchedDriver,
} from '../testing/contracts/driver-chapters.js'
export type {
  AnswerScenario,
  BlockScenario,
  CutScenario,
  DetailsScenario,
  DriverScenario,
  ImagesScenario,
  InBandErrorScenario,
  OptionsScenario,
  PauseScenario,
  RefusedScenario,
  StallScenario,
} from '../testing/contracts/driver-scenario.js'
export type { TestDriverOptions } from '../testing/contracts/test-driver.js'
export { testDriver } from '../testing/contracts/test-driver.js'
export type { LogScenario, TestLogOptions } from '../testing/contracts/test-log.js'
export { testLog } from '../testing/contracts/test-log.js'
export type { StoreScenario, TestStoreOptions } from '../testing/contracts/test-store.js'
export { testStore } from '../testing/contracts/test-store.js'
export type {
  Answer,
  AnswerBlock,
  AnswerParts,
  AnswerToolCall,
} from '../testing/providers/answer.js'
export type { Closing } from '../testing/providers/body.js'
export type {
  CutFault,
  EndFault,
  ErrorFault,
  Fault,
  HeadersFault,
  RefuseFault,
  SplitFault,
  StallFault,
  StatusFault,
} from '../testing/providers/fault.js'
export type { SimulatedRequest, SimulatedWireName } from '../testing/providers/request.js'
export type { ListenOptions, SimulatedServer } from '../testing/providers/server.js'
export type {
  AnswerOption,
  SimulatedProvider,
  SimulatedProviderOptions,
} from '../testing/providers/simulated-provider.js'
export { simulatedProvider } from '../testing/providers/simulated-provider.js'
export type {
  Script,
  ScriptCall,
  ScriptEvent,
  ScriptedOptions,
  ScriptStep,
  TurnScript,
} from '../testing/scripted-driver.js'
export { scripted } from '../testing/scripted-driver.js'
