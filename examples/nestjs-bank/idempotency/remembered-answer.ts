import { Column, Entity, PrimaryColumn } from 'typeorm'

/** What was answered to a request with an idempotency key; stored together with what the request changed. */
@Entity('bank_answers')
export class RememberedAnswer {
  @PrimaryColumn({ name: 'key', type: 'varchar', length: 128, primaryKeyConstraintName: 'pk_bank_answers' })
  key!: string

  /** Tells another request with the same key from the same one. */
  @Column({ name: 'fingerprint', type: 'varchar', length: 64 })
  fingerprint!: string

  @Column({ name: 'answer', type: 'json' })
  answer!: object
}
