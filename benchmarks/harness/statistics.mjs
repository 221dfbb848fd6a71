export function median(numbers) {
  return quantile(numbers, 0.5)
}

/** Between the two nearest numbers, if none is at that very place. */
export function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
}

/** How many times as fast one was as the other: the median of the rounds' own ratios. */
export function timesAsFast(samples, name, other) {
  return ratioOf(samples.get(other), samples.get(name))
}

/** The median of the ratios of figures that were taken side by side. */
export function ratioOf(figures, others) {
  return median(figures.map((figure, round) => figure / others[round]))
}
