import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity('settings')
export class SettingView {
  @PrimaryColumn({ name: 'name', type: 'varchar', primaryKeyConstraintName: 'pk_settings' })
  name!: string

  @Column({ name: 'value', type: 'varchar' })
  value!: string
}
