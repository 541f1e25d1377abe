/**
 * Nano-dollars as a person reads them: two decimals, and more where fewer than two digits would count. The pages write
 * the same (webview/kit/format.ts). `about`: part of it is an estimate.
 */
export function dollars(nanos: number, about = false): string {
  const value = Math.abs(nanos) / 1e9;
  if (value < 1e-9) return "$0.00";
  const decimals = value >= 0.995 ? 2 : Math.min(9, Math.max(2, 1 - Math.floor(Math.log10(value))));
  const text = value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${about ? "≈\u00a0" : ""}${nanos < 0 ? "−" : ""}$${text}`;
}
