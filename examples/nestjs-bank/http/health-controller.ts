import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { SourcedHealthIndicator } from '../../../src/nestjs/index.js'

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(@Inject(SourcedHealthIndicator) private readonly health: SourcedHealthIndicator) {}

  @Get()
  @ApiOperation({ summary: 'Whether the database answers, its tables fit, and messages get out' })
  async check(): Promise<object> {
    const health = await this.health.check('events', { maxOutboxLagMs: 60_000, maxFailedMessages: 0 })
    if (health.events.status === 'down') throw new ServiceUnavailableException(health)
    return health
  }
}
