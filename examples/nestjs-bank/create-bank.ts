import type { INestApplication, LogLevel, NestApplicationOptions } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import { BankModule } from './bank-module.js'

/** Where the OpenAPI page is; `-json` behind it is the document itself. */
export const OPENAPI_PATH = 'api'

/** The whole application, not listening yet. The environment says which database it uses. */
export async function createBank(
  env: NodeJS.ProcessEnv,
  logger: LogLevel[] | false = false,
): Promise<INestApplication> {
  // Browsers keep connections open that nothing happens on; they would keep the bank from closing for seconds.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest calls its interface a class
  const options: NestApplicationOptions = { logger, abortOnError: false, forceCloseConnections: true }
  const app = await NestFactory.create(BankModule.on(env), options)
  const description = 'Accounts whose every change is an event. Amounts are whole numbers.'
  const document = new DocumentBuilder().setTitle('Bank').setDescription(description).setVersion('1').build()
  SwaggerModule.setup(OPENAPI_PATH, app, SwaggerModule.createDocument(app, document))
  return app
}
