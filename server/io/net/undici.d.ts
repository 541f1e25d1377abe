// Only the parts of undici that the daemon uses are loaded: the whole takes twice the time and 13 MB more.
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export default Pool;
}
declare module "undici/lib/dispatcher/proxy-agent.js" {
  import { ProxyAgent } from "undici";
  export default ProxyAgent;
}
declare module "undici/lib/core/connect.js" {
  import type { Socket } from "node:net";
  import type { buildConnector } from "undici";
  /** As undici's own type, which keeps quiet that the socket is returned at once. */
  export type Connect = (options: buildConnector.Options, opened: buildConnector.Callback) => Socket;
  export default function build(options: buildConnector.BuildOptions): Connect;
}
