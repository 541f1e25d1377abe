/** Which proxy a URL goes through, by the usual variables (both cases; NO_PROXY with suffixes, ports and `*`). */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): string | null {
  const of = (name: string): string | undefined => env[name.toLowerCase()] || env[name.toUpperCase()];
  const proxy = (url.protocol === "https:" ? of("https_proxy") : of("http_proxy")) || of("all_proxy");
  if (!proxy) return null;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const host = url.hostname.toLowerCase();
  for (const entry of (of("no_proxy") ?? "").toLowerCase().split(/[\s,]+/)) {
    if (entry === "") continue;
    if (entry === "*") return null;
    const [name = "", onlyPort] = entry.split(":");
    if (onlyPort !== undefined && onlyPort !== port) continue;
    const suffix = name.replace(/^\*?\.?/, "");
    if (host === suffix || host.endsWith(`.${suffix}`)) return null;
  }
  return proxy;
}

/** Names and addresses of this machine itself. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  hostname === "::1" ||
  /^127\./.test(hostname);
