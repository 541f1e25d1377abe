/** Clearly easy and clearly hard, whatever the classifier's weights are: tests of who answers needn't know how it scores. */
export const easy = "Say hello.";

export const hard = `Under load our connection pool deadlocks, and after a failover some writes are lost. Find the race condition, prove that your fix can't deadlock, and design a migration to the new pool without downtime. Constraints: every acknowledged write must survive the loss of one node, latency at the 99th percentile must not exceed 5 ms, no global lock, memory stays below 64 MB, and the public interface must not change. Compare at least two architectures with their trade-offs and asymptotic complexity, and explain why the invariant below holds at each step.

\`\`\`ts
class Pool {
  #busy = new Map<string, Promise<void>>();
  async take(key: string): Promise<Connection> {
    while (this.#busy.has(key)) await this.#busy.get(key);
    this.#busy.set(key, this.#reserve(key));
    return this.#open(key, { retries: 3, timeoutMs: 5_000 });
  }
  async #reserve(key: string): Promise<void> {
    const lock = await this.cluster.lock(key, { ttlMs: 1_500 });
    if (lock.owner !== this.id) throw new Error(\`stale owner \${lock.owner}\`);
  }
}
\`\`\`

Error: stale owner b
    at Pool.reserve (src/pool.ts:12:43)
    at Pool.take (src/pool.ts:7:30)
    at async Replica.apply (src/replica.ts:88:19)
    at async Server.handle (src/server.ts:40:9)`;
