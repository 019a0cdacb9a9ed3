/**
 * OpenTelemetry spans and metrics for streams. Needs the package `@opentelemetry/api`.
 *
 * @module sluice/otel
 */

export type { Attributes, AttributeValue, OpenTelemetryApi } from '../otel/api.js'
export {
  type Telemetry,
  type TelemetryHooks,
  type TelemetryOptions,
  telemetry,
} from '../otel/telemetry.js'
