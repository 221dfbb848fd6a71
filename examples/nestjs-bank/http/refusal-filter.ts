import { Catch, HttpStatus } from '@nestjs/common'
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common'
import { Refusal } from '../domain/refusal.js'

/** Answers what the bank refuses. */
@Catch(Refusal)
export class RefusalFilter implements ExceptionFilter<Refusal> {
  catch({ reason, message }: Refusal, host: ArgumentsHost): void {
    const statusCode = reason === 'no-account' ? HttpStatus.NOT_FOUND : HttpStatus.UNPROCESSABLE_ENTITY
    const response = host.switchToHttp().getResponse<Response>()
    response.status(statusCode).json({ statusCode, code: reason, message })
  }
}

interface Response {
  status(status: number): { json(body: object): void }
}
