/** The variables in which the usual clouds' own tools look for their key. */
export const keyVariables: readonly string[] = [
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "GEMINI_API_KEY",
  "GOOGLE_API_KEY",
  "MISTRAL_API_KEY",
  "CODESTRAL_API_KEY",
  "DEEPSEEK_API_KEY",
  "GROQ_API_KEY",
  "OPENROUTER_API_KEY",
  "TOGETHER_API_KEY",
  "FIREWORKS_API_KEY",
  "XAI_API_KEY",
];

/** The names of those that are set. Their values are looked at by nobody. */
export const offeredKeys = (env: NodeJS.ProcessEnv): string[] => keyVariables.filter((name) => Boolean(env[name]));
