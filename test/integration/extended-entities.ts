import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm'
import type { DataSource } from 'typeorm'
import { eventEntity, snapshotEntity } from '../../entities/index.js'
import type { Dialect, PayloadType } from '../../entities/index.js'
import { installEventGuards } from '../../migrations/index.js'

@Entity('tenants')
export class Tenant {
  @PrimaryColumn({ name: 'id', type: 'varchar' })
  id!: string
}

/** Stored in cents. */
const cents = {
  to: (amount: number | null) => (amount === null ? null : Math.round(amount * 100)),
  from: (stored: number | null) => (stored === null ? null : stored / 100),
}

/** An event entity with columns of many types, a relation, an index and a column that the database computes. */
export function tenantEvent(dialect: Dialect, payload: PayloadType = 'json') {
  const isPostgres = dialect === 'postgres'
  const upper = isPostgres
    ? ({ generatedType: 'STORED', asExpression: `upper("tenant_id")` } as const)
    : ({ generatedType: 'VIRTUAL', asExpression: `upper("tenant_id")` } as const)

  @Entity('aggregate_events')
  @Index('ix_aggregate_events_tenant', ['tenantId', 'position'])
  class TenantEvent extends eventEntity(dialect, { payload }) {
    @Column({ name: 'tenant_id', type: 'varchar', length: 40 })
    tenantId!: string

    @ManyToOne(() => Tenant)
    @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'fk_aggregate_events_tenant' })
    tenant?: Tenant

    @Column({ name: 'tenant_upper', type: 'varchar', length: 40, nullable: true, ...upper })
    readonly tenantUpper!: string | null

    @Column({
      name: 'tier',
      type: isPostgres ? 'enum' : 'simple-enum',
      enum: ['low', 'high'],
      nullable: true,
    })
    tier!: 'low' | 'high' | null

    @Column({ name: 'request', type: 'uuid', nullable: true })
    request!: string | null

    @Column({ name: 'day', type: 'date', nullable: true })
    day!: string | null

    @Column({ name: 'seen_at', type: isPostgres ? 'timestamptz' : 'datetime', nullable: true })
    seenAt!: Date | null

    @Column({ name: 'fee', type: 'integer', nullable: true, transformer: cents })
    fee!: number | null

    @Column({ name: 'audited', type: 'boolean', default: false })
    audited!: boolean

    @Column({ name: 'detail', type: 'json', nullable: true })
    detail!: { readonly tags: readonly string[] } | null

    @Column({ name: 'digest', type: isPostgres ? 'bytea' : 'blob', nullable: true })
    digest!: Buffer | null

    @Column({ name: 'labels', type: 'simple-array', nullable: true })
    labels!: string[] | null
  }
  return TenantEvent
}

/** A snapshot entity with a column that nobody may leave out. */
export function tenantSnapshot(dialect: Dialect, payload: PayloadType = 'json') {
  @Entity('aggregate_snapshots')
  @Index('ix_aggregate_snapshots_tenant', ['tenantId'])
  class TenantSnapshot extends snapshotEntity(dialect, { payload }) {
    @Column({ name: 'tenant_id', type: 'varchar', length: 40 })
    tenantId!: string
  }
  return TenantSnapshot
}

/** Adds what the entities of a host have beyond the shipped tables, and tenants. Hosts have migrations for that. */
export async function withTenants(dataSource: DataSource): Promise<DataSource> {
  await dataSource.synchronize()
  await installEventGuards(dataSource.createQueryRunner())
  await dataSource.getRepository(Tenant).insert([{ id: 'a' }, { id: 'b' }])
  return dataSource
}
