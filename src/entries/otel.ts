/**
 * Spans and metrics of OpenTelemetry for streams. It needs `@opentelemetry/api`.
 *
 * @module sluice/otel
 */

export type { Attributes, AttributeValue, OpenTelemetryApi } from '../otel/api.js'
export { type Telemetry, type TelemetryOptions, telemetry } from '../otel/telemetry.js'
