import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm'

/** A row whose version counts. */
@Entity('balances')
@Check('ck_balances_amount', `"amount" >= 0`)
export class Balance {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ type: 'varchar' })
  owner!: string

  @Column({ type: 'integer' })
  amount!: number

  @Column({ type: 'varchar', nullable: true })
  note!: string | null

  @Column({ type: 'varchar', default: 'open' })
  state!: string

  @VersionColumn({ type: 'integer' })
  version!: number
}

/** The same without a version. */
@Entity('plain_balances')
export class PlainBalance {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ type: 'varchar' })
  owner!: string

  @Column({ type: 'integer' })
  amount!: number

  @Column({ type: 'varchar', nullable: true })
  note!: string | null

  @Column({ type: 'varchar', default: 'open' })
  state!: string
}

export class Address {
  @Column({ type: 'varchar' })
  street!: string

  @Column({ type: 'varchar', nullable: true })
  city!: string | null
}

const hundredfold = {
  to: (value: number | null): number | null => (value === null ? null : Math.round(value * 100)),
  from: (value: number | null): number | null => (value === null ? null : value / 100),
}

/** Every kind of column that is portable. */
@Entity('shelves')
export class Shelf {
  @PrimaryColumn({ name: 'shelf_room', type: 'integer' })
  room!: number

  @PrimaryColumn({ name: 'shelf_label', type: 'varchar' })
  label!: string

  @Column({ name: 'owner_id', type: 'uuid' })
  ownerId!: string

  @Column({ type: 'json', nullable: true })
  tags!: unknown

  @Column({ name: 'is_open', type: 'boolean' })
  isOpen!: boolean

  @Column({ name: 'price_cents', type: 'integer', transformer: hundredfold })
  price!: number

  @Column({ type: 'simple-enum', enum: ['oak', 'pine'] })
  wood!: 'oak' | 'pine'

  @Column({ type: 'simple-array', nullable: true })
  colours!: string[] | null

  @Column({ type: 'simple-json', nullable: true })
  extra!: { depth: number } | null

  @Column({ type: 'date', nullable: true })
  built!: string | null

  @Column({ type: Date, nullable: true })
  visited!: Date | null

  @Column({ type: 'double precision', nullable: true })
  weight!: number | null

  @Column(() => Address)
  address!: Address

  @CreateDateColumn()
  createdAt!: Date

  @UpdateDateColumn()
  updatedAt!: Date
}

@Entity('orders')
export class Order {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ type: 'varchar' })
  title!: string

  @ManyToOne(() => Balance, { nullable: true })
  @JoinColumn({ name: 'payer_id' })
  payer!: Balance | null

  @OneToMany(() => OrderLine, ({ order }) => order)
  lines!: OrderLine[]

  @VersionColumn({ type: 'integer' })
  version!: number
}

@Entity('order_lines')
export class OrderLine {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @ManyToOne(() => Order, ({ lines }) => lines, { nullable: false })
  @JoinColumn({ name: 'order_id' })
  order!: Order

  @Column({ type: 'varchar' })
  article!: string

  @Column({ type: 'integer', default: 1 })
  quantity!: number
}

/** Rows that refer to rows of their own table. */
@Entity('folders')
export class Folder {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ name: 'parent_id', type: 'varchar', nullable: true })
  parentId!: string | null

  @ManyToOne(() => Folder, { nullable: true })
  @JoinColumn({ name: 'parent_id' })
  parent!: Folder | null

  @Column({ type: 'varchar', nullable: true })
  note!: string | null
}

/** Two tables that refer to each other. */
@Entity('eggs')
export class Egg {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @ManyToOne(() => Hen, { nullable: true })
  @JoinColumn({ name: 'hen_id' })
  hen!: Hen | null
}

@Entity('hens')
export class Hen {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @ManyToOne(() => Egg, { nullable: true })
  @JoinColumn({ name: 'egg_id' })
  egg!: Egg | null
}

export const ledgerEntities = [Balance, PlainBalance, Shelf, Order, OrderLine, Folder, Egg, Hen]
