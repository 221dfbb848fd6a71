let count = 0

/** An id that no stream has had, of a realistic length. */
export function newId() {
  count += 1
  return `2026-north-${String(count).padStart(8, '0')}`
}
