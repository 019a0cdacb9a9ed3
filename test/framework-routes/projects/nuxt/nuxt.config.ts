export default defineNuxtConfig({ compatibilityDate: '2026-11-30', telemetry: false })
