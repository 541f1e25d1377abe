/** What *Open Configuration* writes where there is no file: the defaults, and examples to uncomment. */
export const starterConfig = (): string => `{
  // Switchyard's configuration: JSON with comments. Everything is optional; what is absent has its default.
  // A change takes effect when the file is saved. A mistake is reported with its line, and the old settings stay in force.

  // Where models are. With none, local servers (Ollama, LM Studio, llama-server, vLLM) are looked for.
  "providers": {
    // The embedded engine, for what "Switchyard: Pull a Model…" brings; name it once you name any other.
    // "engine": { "kind": "llama-cpp" },
    // "gpu": { "kind": "openai", "baseUrl": "http://127.0.0.1:8000/v1" },
    // A key is never written here: "env:NAME" is an environment variable, "secret:NAME" is set in VS Code
    // by "Switchyard: Set API Key…".
    // "cloud": { "kind": "openai", "baseUrl": "https://api.example.com/v1", "apiKey": "secret:CLOUD_KEY" }
  },

  // Which models they have. Prices are US dollars per million tokens; without them a cost is unknown, never 0.
  "models": {
    // "qwen2.5-coder-1.5b": { "provider": "engine", "name": "qwen2.5-coder-1.5b", "abilities": ["chat", "completion", "fim"] },
    // "small": { "provider": "gpu", "name": "qwen2.5-coder-7b", "contextWindow": 32768, "prices": { "input": 0, "output": 0 } },
    // "large": { "provider": "cloud", "name": "big-one", "tier": "premium", "abilities": ["chat", "tools"],
    //            "prices": { "input": 3, "cachedInput": 0.3, "output": 15 } }
  },

  "routing": {
    // The first model answers what is simple, the strong one the rest. Savings are measured against \`baseline\`.
    // "primary": "small", "escalation": "large", "baseline": "large",
    // A small model that is asked about doubtful questions: is this one simple?
    // "judge": "small",
    // 0: as cheap as can be … 1: as good as can be.
    "quality": 0.5
  },

  // Begin the likely answer while the judge thinks; what early starts at cloud models may cost a day.
  // "speculation": { "cloudUsdPerDay": 0.25 },
  // Ask once more when an answer is late, of one request in twenty at most.
  // "hedge": { "maxShare": 0.05 },

  // Answer the same request again from memory; with "semantic", a chat's question in other words too.
  // "cache": { "exact": { "anyTemperature": true }, "semantic": { "enabled": true } },

  "privacy": {
    // true: nothing leaves this machine.
    "offline": false
  }
}
`;
