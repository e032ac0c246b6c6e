// An OpenID Provider on loopback: the certified one of npm, its own login pages included. At `/control` it can be told to
// sign with other keys from now on, or to spoil the next token with its own hand, as no honest provider would.
import http from 'node:http'
import * as jose from 'jose'
import { Provider } from 'oidc-provider'

const [port, back] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
export const SECRET = 'a secret of the client that is long enough'

// Invented people, by the name that they log in with.
const people = {
  alice: { groups: ['accreditors', 'staff'] },
  bob: { groups: ['delegates'] },
  carol: { groups: ['staff'] },
  dave: { groups: ['accreditors'], email: 'administrator@ceremony.example' },
  eve: { groups: ['accreditors'] },
  frank: { groups: ['accreditors'], email_verified: false },
  grace: { groups: ['accreditors'], email: 'grace@other.example' },
}

const configuration = (keys, alg) => ({
  clients: [{ client_id: 'ceremony', client_secret: SECRET, redirect_uris: [back], id_token_signed_response_alg: alg }],
  jwks: { keys },
  cookies: { keys: ['a key for the cookies of a test'] },
  conformIdTokenClaims: false,
  scopes: ['openid', 'email', 'profile', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, name: `Example ${id}`, email: `${id}@ministry.example`, email_verified: true, ...people[id],
    }),
  }),
})

let key, handler, spoil = ''
async function rotate(alg = 'RS256') {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true })
  const kid = `key-${Date.now()}`
  key = { privateKey, kid }
  const provider = new Provider(issuer, configuration([{ ...(await jose.exportJWK(privateKey)), kid, alg, use: 'sig' }], alg))
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.path === '/token' && ctx.body?.id_token && spoil) {
      ctx.body.id_token = await spoiled(ctx.body.id_token)
      spoil = ''
    }
  })
  handler = provider.callback()
}

async function spoiled(token) {
  const claims = jose.decodeJwt(token)
  const base64 = value => Buffer.from(JSON.stringify(value)).toString('base64url')
  const sign = (changed, signer = key.privateKey, alg = 'RS256') =>
    new jose.SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg, kid: key.kid, typ: 'JWT' }).sign(signer)
  const now = Math.floor(Date.now() / 1000)
  switch (spoil) {
    case 'nothing': return sign({})
    case 'alg none': return `${base64({ alg: 'none' })}.${base64(claims)}.`
    case 'unsigned': return token.split('.').slice(0, 2).join('.') + '.'
    case 'client secret': return sign({}, new TextEncoder().encode(SECRET), 'HS256')
    case 'foreign key': return sign({}, (await jose.generateKeyPair('RS256')).privateKey)
    case 'expired': return sign({ iat: now - 7200, exp: now - 3600 })
    case 'audience': return sign({ aud: 'another' })
    case 'more audiences': return sign({ aud: ['ceremony', 'another'] })
    case 'issuer': return sign({ iss: 'https://login.other.example' })
    case 'nonce': return sign({ nonce: 'another' })
    case 'no nonce': return sign({ nonce: undefined })
    case 'an hour ago': return sign({ auth_time: now - 3600 })
    case 'two factors': return sign({ amr: ['pwd', 'mfa'] })
    case 'long ago': return sign({ auth_time: now - 13 * 3600 })
    case 'no auth_time': return sign({ auth_time: undefined })
    case 'subject': return sign({}).then(t => t.replace(/^([^.]+)\.[^.]+/, `$1.${base64({ ...claims, sub: 'alice' })}`))
    default: throw new Error(`nobody knows how to spoil by ${spoil}`)
  }
}

await rotate()
http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer)
  if (pathname !== '/control') return handler(request, response)
  if (searchParams.has('rotate')) await rotate(searchParams.get('rotate'))
  if (searchParams.has('spoil')) spoil = searchParams.get('spoil')
  if (searchParams.has('person')) people[searchParams.get('person')].groups = searchParams.get('groups').split(',')
  response.end('done')
}).listen(Number(port), '127.0.0.1', () => console.log(`provider at ${issuer}`))
