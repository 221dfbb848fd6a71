import { Module } from '@nestjs/common'
import type { DynamicModule } from '@nestjs/common'
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core'
import { TypeOrmModule } from '@nestjs/typeorm'
import { RequestMetadataInterceptor, SourcedExceptionFilter, SourcedModule } from '../../src/nestjs/index.js'
import { Bank } from './bank.js'
import { bankDatabase, entities } from './database.js'
import { AccountsController } from './http/accounts-controller.js'
import { HealthController } from './http/health-controller.js'
import { RefusalFilter } from './http/refusal-filter.js'
import { TransfersController } from './http/transfers-controller.js'
import { IdempotentCommits } from './idempotency/idempotent-commits.js'
import { Notifications } from './notifications.js'
import { Statements } from './read-model/statements.js'

@Module({})
export class BankModule {
  static on(env: NodeJS.ProcessEnv): DynamicModule {
    return {
      module: BankModule,
      imports: [bankDatabase(env), SourcedModule.forRoot(), TypeOrmModule.forFeature(entities)],
      controllers: [AccountsController, TransfersController, HealthController],
      providers: [
        Bank,
        IdempotentCommits,
        Statements, // found by its @Projection
        Notifications, // found by its @OutboxPublisher
        { provide: APP_INTERCEPTOR, useClass: RequestMetadataInterceptor },
        { provide: APP_FILTER, useClass: SourcedExceptionFilter },
        { provide: APP_FILTER, useClass: RefusalFilter },
      ],
    }
  }
}
