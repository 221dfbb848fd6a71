/** The two databases the module speaks to. */
export type Dialect = 'postgres' | 'sqlite'
