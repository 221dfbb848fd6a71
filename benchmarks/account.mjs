// The domain that every contender stores: an account with deposits of about 100 bytes of JSON each.

export const AGGREGATE_TYPE = 'account'
export const EVENT_NAME = 'money-deposited'

let count = 0

/** A new payload each time, so that nobody can reuse an encoded one. */
export function deposit() {
  count += 1
  return {
    amount: 100,
    currency: 'EUR',
    reference: `invoice-${1_000_000 + count}`,
    till: 'north-7',
    note: 'paid in cash',
  }
}

export function deposits(length) {
  return Array.from({ length }, deposit)
}
