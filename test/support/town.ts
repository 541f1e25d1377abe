import type { ConfigInput } from "../../server/protocol/config.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { type Town as Place, townConfig, townEnv } from "./daemon-config.ts";
import { Upstream } from "./upstream.ts";

/** The user's own GPU and a cloud. */
export interface Upstreams {
  readonly gpu: Upstream;
  readonly cloud: Upstream;
}

/** Two upstreams for the tests of one `describe`: begun before them, emptied between them, ended after them. */
export function useUpstreams(): Upstreams {
  const there: { gpu?: Upstream; cloud?: Upstream } = {};
  before(async () => {
    there.gpu = await Upstream.start();
    there.cloud = await Upstream.start();
  });
  after(async () => {
    await there.gpu?.[Symbol.asyncDispose]();
    await there.cloud?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    there.gpu?.clear();
    there.cloud?.clear();
  });
  return {
    get gpu() {
      return there.gpu!;
    },
    get cloud() {
      return there.cloud!;
    },
  };
}

/** Two upstreams and a daemon before them, as `townConfig` has it. */
export function useTown(
  timeouts?: Place["timeouts"],
  more?: Partial<ConfigInput>,
): Upstreams & { readonly daemon: Daemon } {
  const upstreams = useUpstreams();
  let daemon: Daemon | undefined;
  before(async () => {
    const { gpu, cloud } = upstreams;
    daemon = await startDaemon({
      config: townConfig({ gpu, cloud, ...(timeouts ? { timeouts } : {}) }, more),
      env: townEnv,
    });
  });
  after(() => daemon?.[Symbol.asyncDispose]());
  return {
    get gpu() {
      return upstreams.gpu;
    },
    get cloud() {
      return upstreams.cloud;
    },
    get daemon() {
      return daemon!;
    },
  };
}
