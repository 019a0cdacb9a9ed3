import { describe, expect, test } from 'vitest'
import type { StreamErrorCode } from '../../src/base/errors.js'
import { providerError } from '../../src/http/provider-error.js'

type Case = readonly [provider: string, status: number, body: unknown]

/** What providers write. Status 0 is an error inside a stream. */
const wordings: Partial<Record<StreamErrorCode, readonly Case[]>> = {
  'context-length': [
    ['anthropic', 400, error('prompt is too long: 213462 tokens > 200000 maximum')],
    [
      'anthropic',
      400,
      error('input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000'),
    ],
    ['bedrock', 400, { message: 'Input is too long for requested model.' }],
    ['openai', 400, error('Your input exceeds the context window of this model.')],
    ['openai', 400, error('string too long', { code: 'string_above_max_length' })],
    [
      'gemini',
      400,
      error('The input token count (1196265) exceeds the maximum number of tokens allowed.'),
    ],
    [
      'vertex',
      400,
      error('the input token count is 1100000 but model only supports up to 1048576'),
    ],
    [
      'xai',
      400,
      { code: 'invalid', error: "This model's maximum prompt length is 131072 but it has 537812." },
    ],
    ['groq', 400, error('Please reduce the length of the messages or completion.')],
    ['copilot', 400, error('prompt token count of 150000 exceeds the limit of 128000')],
    ['llamacpp', 400, error('the request exceeds the available context size (4096 tokens)')],
    ['llamacpp', 500, error('Context size has been exceeded.')],
    [
      'lmstudio',
      400,
      { error: 'The number of tokens to keep is greater than the context length.' },
    ],
    [
      'lmstudio',
      400,
      error('the model is loaded with context length of only 4096 tokens, which is not enough'),
    ],
    ['minimax', 400, error('invalid params, context window exceeds limit (2013)')],
    ['moonshot', 400, error('Your request exceeded model token limit: 131072')],
    [
      'mistral',
      400,
      error('Prompt contains 40000 tokens, too large for model with 32768 maximum context length'),
    ],
    ['zai', 400, error('Prompt exceeds max length', { code: '1261' })],
    [
      'tgi',
      422,
      { error: 'Input validation error: `inputs` must have less than 4095 tokens. Given: 5000' },
    ],
    ['together', 422, error('`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000')],
    ['ollama', 400, error('prompt too long; exceeded max context length by 512 tokens')],
    ['sglang', 400, { message: "The input is longer than the model's context length." }],
    ['dashscope', 400, error('Range of input length should be [1, 30720]')],
    ['perplexity', 400, error('["User message is too long"]', { type: 'invalid_message' })],
    ['cohere', 400, { message: 'too many tokens: total number cannot exceed 4081' }],
    [
      'vllm',
      400,
      {
        object: 'error',
        message:
          "This model's maximum context length is 4096 tokens. However, you requested 512 output tokens and your prompt contains at least 3900 input tokens",
      },
    ],
    ['litellm', 400, error("Requested token count exceeds the model's maximum context length.")],
    ['siliconflow', 400, error("Input length (265330) exceeds model's maximum context (262144).")],
    ['poolside', 400, error('Input length 9000 exceeds the maximum allowed input length of 8000.')],
    ['azure', 400, error('Input tokens exceed the configured limit of 272000 tokens.')],
    ['databricks', 400, error('Input token length 9000 exceeds the maximum of 8192.')],
    ['cerebras', 400, error('Please reduce the length of the messages or completion.')],
    ['deepseek', 400, error("This model's maximum context length is 131072 tokens.")],
    ['fireworks', 400, error('The prompt is too long: 140000, model maximum: 131072')],
    ['lmstudio', 0, error('Reached context length of 4096 tokens with this model.')],
    ['llamacpp', 0, error('the request exceeds the available context size, try increasing it')],
    ['kimi', 400, error('Invalid request: Your request exceeded model token limit: 262144')],
    ['zai', 400, error('Prompt 超长', { code: '1261' })],
    ['zai', 400, error('tokens in request more than max tokens allowed')],
    [
      'siliconflow',
      400,
      { message: 'length of prompt_tokens (9) must be less than max_seq_len (8).' },
    ],
    ['volcengine', 400, error('Total tokens of image and text exceed max message tokens')],
    ['bedrock', 400, { message: 'Too many input tokens. Max input tokens: 300000' }],
    [
      'cloudflare',
      400,
      error('The estimated number of tokens exceeded this model context window limit'),
    ],
    [
      'vllm',
      400,
      {
        message:
          'The decoder prompt (length 9000) is longer than the maximum model length of 8192.',
      },
    ],
    ['vllm', 400, { message: 'max_tokens must be at least 1, got -904.' }],
    ['ollama', 500, error('the input length exceeds the context length')],
    ['llamacpp', 500, error('input (5000 tokens) is larger than the max context size (4096).')],
  ],
  quota: [
    ['anthropic', 400, error('Your credit balance is too low to access the Anthropic API.')],
    ['anthropic', 400, error('You have reached your specified API usage limits.')],
    ['deepseek', 402, error('Insufficient Balance', { type: 'unknown_error' })],
    ['openrouter', 402, error('This request requires more credits, or fewer max_tokens.')],
    [
      'xai',
      403,
      {
        code: 'The caller does not have permission to execute the specified operation',
        error: "Your newly created team doesn't have any credits yet.",
      },
    ],
    [
      'xai',
      429,
      {
        code: 'Some resource has been exhausted',
        error: 'Your team has used all available credits or reached its monthly spending limit.',
      },
    ],
    ['moonshot', 429, error('suspended', { type: 'exceeded_current_quota_error' })],
    ['zai', 429, error('Insufficient balance or no resource package.', { code: '1113' })],
    ['dashscope', 403, error('Access denied.', { type: 'Arrearage', code: 'Arrearage' })],
    ['together', 402, error('Credit limit exceeded', { type: 'credit_limit' })],
    ['fireworks', 412, error('suspended, possibly due to reaching the monthly spending limit')],
    ['huggingface', 402, { error: 'You have exceeded your monthly included credits.' }],
    ['litellm', 429, error('Budget has been exceeded! Max budget: 5.0', { code: '400' })],
    ['litellm', 400, error('User over budget', { type: 'budget_exceeded' })],
    ['codex', 429, error('The usage limit has been reached', { type: 'usage_limit_reached' })],
    [
      'openrouter',
      429,
      error('Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 requests.'),
    ],
    [
      'openai',
      429,
      error('Rate limit reached for gpt-4.1 on requests per day (RPD): Limit 200, Used 200.', {
        code: 'rate_limit_exceeded',
      }),
    ],
    [
      'groq',
      429,
      error('Rate limit reached for x on tokens per day (TPD). Please try again in 12m3s.', {
        code: 'rate_limit_exceeded',
      }),
    ],
    [
      'cerebras',
      429,
      error('Tokens per day limit exceeded - too many tokens processed.', {
        code: 'token_quota_exceeded',
      }),
    ],
    [
      'vertex',
      429,
      error("Quota exceeded for quota metric 'Generate Content API requests per day'.", {
        status: 'RESOURCE_EXHAUSTED',
      }),
    ],
    [
      'gemini',
      429,
      error(
        'You exceeded your current quota. Quota exceeded for metric: googleapis.com/free_tier_requests, limit: 0, model: x. Please retry in 50.1s.',
        { status: 'RESOURCE_EXHAUSTED' },
      ),
    ],
    ['bedrock', 429, { message: 'Too many tokens per day, please wait before trying again.' }],
    ['github', 429, error('You have reached your daily limit of 50 requests.')],
    ['cloudflare', 429, error('You have used up your daily free allocation of 10,000 neurons')],
    ['openrouter', 429, error('Rate limit exceeded: free-models-per-day-high-balance.')],
    [
      'vertex',
      429,
      error("Quota exceeded for quota metric 'x' and limit 'request limit per day for a region'"),
    ],
  ],
  'rate-limit': [
    [
      'groq',
      429,
      error('Rate limit reached. Upgrade at https://console.groq.com/settings/billing', {
        code: 'rate_limit_exceeded',
      }),
    ],
    [
      'cerebras',
      429,
      error('Tokens per minute limit exceeded - too many tokens processed.', {
        type: 'too_many_tokens_error',
        code: 'token_quota_exceeded',
      }),
    ],
    ['gemini', 429, error('Resource has been exhausted (e.g. check quota).')],
    ['moonshot', 429, error('max RPM: 3', { type: 'rate_limit_reached_error' })],
    ['zai', 429, error('High concurrency usage of this API', { code: '1302' })],
    ['bedrock', 429, { message: 'Too many requests, please wait before trying again.' }],
    ['bedrock', 400, { message: 'Too many tokens, please wait before trying again.' }],
    ['bedrock', 0, { throttlingException: { message: 'Too many tokens, please wait.' } }],
    [
      'azure',
      429,
      error(
        'Requests have exceeded token rate limit of your current AIServices S0 pricing tier. Please retry after 60 seconds.',
        { code: '429' },
      ),
    ],
    ['bedrock', 0, { message: 'Too many tokens, please wait before trying again.' }],
    ['anthropic', 0, error('Your prompt exceeds the rate limit of 30,000 tokens per minute.')],
    ['anthropic', 0, error('The input tokens exceed 30,000 tokens per-minute.')],
    [
      'openrouter',
      429,
      error(
        'Rate limit exceeded: free-models-per-min. Add 10 credits to unlock 1000 free model requests per day',
      ),
    ],
    [
      'gemini',
      429,
      error(
        'You exceeded your current quota, please check your plan and billing details. Please retry in 35.1s.',
        { status: 'RESOURCE_EXHAUSTED' },
      ),
    ],
    [
      'openrouter',
      429,
      error('Provider returned error', {
        code: 429,
        metadata: { raw: 'x is temporarily rate-limited upstream' },
      }),
    ],
  ],
  overloaded: [
    ['anthropic', 529, error('Overloaded', { type: 'overloaded_error' })],
    ['groq', 498, error('Flex tier capacity exceeded', { code: 'capacity_exceeded' })],
    ['moonshot', 429, error('try later', { type: 'engine_overloaded_error' })],
    ['deepseek', 503, 'Service is too busy.'],
    [
      'azure',
      503,
      error('The system is currently experiencing high demand', { code: 'NoCapacity' }),
    ],
    ['ollama', 503, error('server busy, please try again')],
    ['huggingface', 503, { error: 'Model x is currently loading', estimated_time: 20 }],
  ],
  auth: [
    ['gemini', 403, error("Method doesn't allow unregistered callers.")],
    ['bedrock', 403, { message: 'The security token included in the request is expired' }],
    ['cerebras', 401, { message: 'Wrong API Key', code: 'wrong_api_key' }],
    ['xai', 400, { code: 'invalid argument', error: 'Incorrect API key provided: xa***.' }],
  ],
  permission: [
    ['gemini', 400, error('User location is not supported for the API use.')],
    ['openai', 403, error('not supported', { code: 'unsupported_country_region_territory' })],
    [
      'bedrock',
      403,
      { message: "You don't have access to the model with the specified model ID." },
    ],
  ],
  'content-filter': [
    ['openrouter', 403, error('Input flagged by moderation')],
    ['zai', 400, error('System detected potentially unsafe or sensitive content in input.')],
    ['dashscope', 400, error('x', { code: 'data_inspection_failed' })],
  ],
  'not-found': [
    ['bedrock', 400, { message: 'The provided model identifier is invalid.' }],
    ['ollama', 404, { error: 'model "llama3" not found, try pulling it first' }],
    ['lmstudio', 404, error('Failed to load model', { code: 'model_not_found' })],
  ],
  'invalid-request': [
    [
      'mistral',
      422,
      { detail: [{ type: 'extra_forbidden', msg: 'Extra inputs are not permitted' }] },
    ],
    ['openai', 400, error('max_tokens is too large: 50000. This model supports at most 16384.')],
    ['anthropic', 400, error('Invalid `signature` in `thinking` block')],
    [
      'llamacpp',
      500,
      error('image input is not supported - hint: you may need to provide the mmproj', {
        code: 500,
        type: 'server_error',
      }),
    ],
    [
      'llamacpp',
      500,
      error('Failed to parse messages: Unsupported content part type: "image_url"'),
    ],
    ['openrouter', 404, error('No endpoints found that support image input')],
    ['ollama', 500, error('this model is missing data required for image input')],
    ['ollama', 400, error('this model does not support image input')],
    ['minimax', 500, error('images cannot go to a text-only model')],
    ['vllm', 400, { object: 'error', message: 'facebook/opt-125m is not a multimodal model' }],
    ['vllm', 400, { message: 'At most 0 image(s) may be provided in one prompt.' }],
    ['lmstudio', 0, { error: "Model doesn't support images. Please use a model that does." }],
  ],
  server: [
    ['bedrock', 424, { message: 'The system encountered an unexpected error.' }],
    // A word in a sentence is not a code.
    ['gateway', 0, error('getaddrinfo ENOTFOUND upstream.test')],
  ],
}

function error(message: string, more: object = {}): object {
  return { error: { message, ...more } }
}

for (const [code, cases] of Object.entries(wordings)) {
  describe(`is ${code}`, () => {
    test.each(cases)('%s %s %j', (provider, status, body) => {
      const { code: found } = providerError({ provider, status: status || undefined, body })
      expect(found).toBe(code)
    })
  })
}
