/** A value of a column of the host's, ready for SQL. */
export type EncodedValue = string | number | boolean | null | readonly EncodedValue[]
