/** A function given by points and straight lines between them; beyond its ends it stays as it is there. */
export class Curve {
  private readonly xs: Float32Array;
  private readonly ys: Float32Array;

  constructor(xs: Float32Array, ys: Float32Array) {
    this.xs = xs;
    this.ys = ys;
  }

  at(x: number): number {
    const { xs, ys } = this;
    const last = xs.length - 1;
    if (x <= xs[0]!) return ys[0]!;
    if (x >= xs[last]!) return ys[last]!;
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (xs[middle]! <= x) low = middle;
      else high = middle;
    }
    const from = xs[low]!;
    return ys[low]! + ((ys[high]! - ys[low]!) * (x - from)) / (xs[high]! - from);
  }
}
