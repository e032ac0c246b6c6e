// People of a ministry log in by its provider, each with a browser of their own; and what is spoiled lets nobody in.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'

const [service, provider, password] = process.argv.slice(2)
const api = `${service}/api/v1`

// As much of a browser as it takes: it keeps cookies and goes where it is sent, step by step.
class Browser {
  jar = new Map()

  async go(url, options = {}) {
    const origin = new URL(url).origin
    const cookies = [...(this.jar.get(origin) ?? new Map()).values()]
    const headers = { ...options.headers, cookie: cookies.join('; ') }
    const response = await fetch(url, { ...options, headers, redirect: 'manual' })
    const kept = this.jar.get(origin) ?? new Map()
    for (const line of response.headers.getSetCookie()) {
      const pair = line.split(';')[0]
      const name = pair.split('=')[0]
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) kept.delete(name)
      else kept.set(name, pair)
    }
    this.jar.set(origin, kept)
    return response
  }

  // Begins, and answers where the provider is to be asked.
  async begin(token, more = '') {
    const headers = token ? { authorization: `Bearer ${token}`, accept: 'application/json' } : {}
    const begun = await this.go(`${api}/auth/oidc/ministry/start${more}`, { headers })
    if (token) return (await begun.json()).url
    assert.equal(begun.status, 303)
    return begun.headers.get('location')
  }

  // Goes through the provider's pages, and answers where it sends the browser back to.
  async prove(url, login) {
    for (let steps = 0; steps < 12; steps++) {
      if (url.startsWith(`${api}/auth/oidc/ministry/callback`)) return url
      let response = await this.go(url)
      if (response.status === 200) {
        const prompt = /name="prompt" value="(\w+)"/.exec(await response.text())[1]
        const body = new URLSearchParams({ prompt, login, password: 'any' })
        response = await this.go(url, { method: 'POST', body })
      }
      url = new URL(response.headers.get('location'), url).href
    }
    throw new Error(`${login} gets nowhere`)
  }

  async finish(url) {
    const response = await this.go(url)
    return { status: response.status, body: await response.json() }
  }

  async login(login, token) {
    return this.finish(await this.prove(await this.begin(token), login))
  }
}

const control = asked => fetch(`${provider}/control?${new URLSearchParams(asked)}`)
const json = { 'content-type': 'application/json' }
const me = async token => (await fetch(`${api}/auth/me`, { headers: { authorization: `Bearer ${token}` } })).json()
const ask = (path, token, body) =>
  fetch(`${api}${path}`, { method: 'POST', headers: { ...json, 'if-match': '*', authorization: `Bearer ${token}` }, body: JSON.stringify(body) })
// What an app shows now for a secret (RFC 6238).
function totp(secret) {
  const bits = [...secret].map(c => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
let proven = 0
const says = (what, { status, body }, expected, code) => {
  assert.equal(status, expected, `${what}: ${status} ${JSON.stringify(body)}`)
  if (code) assert.equal(body.code, code, what)
  proven++
}

// Who has a task by the settings gets an account with the first login, and the same one with each after it.
const alice = new Browser()
const first = await alice.login('alice')
says('a first login makes an account', first, 200)
assert.equal(first.body.account.role, 'accreditation')
assert.equal((await me(first.body.token)).email, 'alice@ministry.example')
const second = await new Browser().login('alice')
says('a second login opens it', second, 200)
assert.equal(second.body.account.id, first.body.account.id)
const bob = await new Browser().login('bob')
says('a focal point', bob, 200)
assert.deepEqual([bob.body.account.role, bob.body.account.participants], ['focal_point', ['FRA']])
says('who has no task', await new Browser().login('carol'), 403, 'forbidden')
says('whose address is not verified', await new Browser().login('frank'), 403, 'forbidden')
says('whose address is none of the ministry', await new Browser().login('grace'), 403, 'forbidden')

// An address opens nothing. Whoever has the account lets the provider open it, logged in.
says('whose address has an account', await new Browser().login('dave'), 409, 'duplicate')
const administrator = await (await fetch(`${api}/auth/login`, {
  method: 'POST', headers: json, body: JSON.stringify({ email: 'administrator@ceremony.example', password }),
})).json()
const changed = await ask('/auth/password', administrator.token, { current: password, new: 'a sentence of my own' })
assert.equal(changed.status, 204)
const linked = await new Browser().login('dave', administrator.token)
says('the provider is let open an account', linked, 200)
const opened = await new Browser().login('dave')
says('and opens it from then on', opened, 200)
assert.equal(opened.body.account.id, administrator.account.id)
{
  const headers = { authorization: `Bearer ${administrator.token}` }
  const { items } = await (await fetch(`${api}/auth/identities`, { headers })).json()
  assert.deepEqual(items.map(item => [item.issuer, item.is_granted]), [[provider, false]])
  const taken = await fetch(`${api}/auth/identities/${items[0].id}`, { method: 'DELETE', headers })
  assert.equal(taken.status, 204)
  says('what was taken back', await new Browser().login('dave'), 409, 'duplicate')
  says('is let open it again', await new Browser().login('dave', administrator.token), 200)
}
says('an identity opens one account', await new Browser().login('alice', administrator.token), 409, 'duplicate')

// What was begun is finished in the browser that began it, and once.
{
  const [eve, other] = [new Browser(), new Browser()]
  const url = await eve.begin()
  const back = await eve.prove(url, 'eve')
  says('another browser', await other.finish(back), 401, 'unauthenticated')
  await other.begin()
  says('another browser that began something else', await other.finish(back), 401, 'unauthenticated')
  const wrong = new URL(back)
  wrong.searchParams.set('state', 'another')
  says('another state', await eve.finish(wrong.href), 401, 'unauthenticated')
  const mixed = new URL(back)
  mixed.searchParams.set('iss', 'https://login.other.example')
  says('another issuer in the answer', await eve.finish(mixed.href), 401, 'unauthenticated')
  const cookies = new Map(eve.jar.get(service))
  says('the right one', await eve.finish(back), 200)
  // The provider gives another code for what was asked before; with the cookie of before all is as it was but for the use.
  eve.jar.set(service, cookies)
  says('what was used, with a fresh code', await eve.finish(await eve.prove(url, 'eve')), 401, 'unauthenticated')
  const refused = new Browser()
  const asked = new URL(await refused.begin())
  const denied = `${api}/auth/oidc/ministry/callback?error=access_denied&state=${asked.searchParams.get('state')}`
  says('the provider says no', await refused.finish(denied), 401, 'unauthenticated')
}

// Each provider has an address of its own to send people back to: another one's answer is none.
{
  const browser = new Browser()
  const back = await browser.prove(await browser.begin(), 'eve')
  says('by the address of another provider', await browser.finish(back.replace('/ministry/', '/other/')), 401, 'unauthenticated')
  says('by the address of no provider', await browser.finish(back.replace('/ministry/', '/nobody/')), 404, 'not_found')
  says('and by the right one', await browser.finish(back), 200)
}

// What is grave asks for a factor that was shown just now, to the provider as to us.
{
  const browser = new Browser()
  await control({ spoil: 'an hour ago' })
  const known = await browser.login('alice')
  says('who was known to the provider for an hour is let in', known, 200)
  const grave = token => ask('/auth/totp', token, {}).then(async response => ({ status: response.status, body: await response.json() }))
  says('and does nothing grave', await grave(known.body.token), 401, 'step_up_required')
  const asked = new URL(await browser.begin(undefined, '?prompt=login'))
  assert.equal(asked.searchParams.get('max_age'), '300')
  const anew = await browser.finish(await browser.prove(asked.href, 'alice'))
  says('asked anew', anew, 200)
  await control({ spoil: 'an hour ago' })
  const old = new Browser()
  says('an old proof where a new one was asked for', await old.finish(await old.prove(await old.begin(undefined, '?prompt=login'), 'alice')), 401, 'unauthenticated')
  const enrolled = await grave(anew.body.token)
  says('who was asked anew does what is grave', enrolled, 201)

  // From here on alice has a second factor here: a login that tells of none is good for nothing but to show it.
  const confirmed = await ask('/auth/totp/confirm', anew.body.token, { code: totp(enrolled.body.secret) })
  assert.equal(confirmed.status, 200)
  const { recovery_codes: paper } = await confirmed.json()
  const half = await new Browser().login('alice')
  says('with a factor of ours, and none told of', half, 200)
  assert.equal(half.body.must_step_up, true)
  const list = token => fetch(`${api}/delegations`, { headers: { authorization: `Bearer ${token}` } }).then(async r => ({ status: r.status, body: await r.json() }))
  says('half of a login opens nothing', await list(half.body.token), 401, 'step_up_required')
  const shown = await ask('/auth/step-up', half.body.token, { recovery_code: paper[0] })
  assert.equal(shown.status, 200)
  says('until the factor is shown', await list(half.body.token), 200)
  await control({ spoil: 'two factors' })
  const whole = await new Browser().login('alice')
  says('the provider tells of a second factor', whole, 200)
  assert.equal(whole.body.must_step_up, false)
  says('which is enough', await list(whole.body.token), 200)
  assert.equal((await ask('/auth/logout', whole.body.token, {})).status, 204)
  says('logged out', await list(whole.body.token), 401, 'unauthenticated')
}

// What the provider signs is verified, whatever it says of it itself.
for (const spoil of ['alg none', 'unsigned', 'client secret', 'foreign key', 'expired', 'audience', 'more audiences',
  'issuer', 'nonce', 'no nonce', 'long ago', 'no auth_time', 'subject']) {
  const browser = new Browser()
  const back = await browser.prove(await browser.begin(), 'eve')
  await control({ spoil })
  says(spoil, await browser.finish(back), 401, 'unauthenticated')
}
{
  const browser = new Browser()
  const back = await browser.prove(await browser.begin(), 'eve')
  await control({ spoil: 'nothing' })
  says('the negative control: signed by the same hand, with nothing spoiled', await browser.finish(back), 200)
}

// New keys are found without a restart, though not asked for again and again.
await control({ rotate: 'ES256' })
let renewed = await new Browser().login('alice')
for (let tries = 0; renewed.status === 401 && tries < 20; tries++) {
  await new Promise(passed => setTimeout(passed, 1000))
  renewed = await new Browser().login('alice')
}
says('new keys', renewed, 200)

// What made the account has to go on saying so; and a closed account stays closed.
const { token } = renewed.body
assert.equal((await me(token)).email, 'alice@ministry.example')
await control({ person: 'alice', groups: 'staff' })
says('who lost the task', await new Browser().login('alice'), 403, 'forbidden')
assert.equal((await me(token)).code, 'unauthenticated', 'and what it had opened')
await control({ person: 'alice', groups: 'accreditors' })
says('who has it again', await new Browser().login('alice'), 200)
const closed = await ask(`/accounts/${bob.body.account.id}/disable`, administrator.token, {})
assert.equal(closed.status, 200)
says('whose account is closed', await new Browser().login('bob'), 403, 'forbidden')

console.log(`oidc: ${proven} answers as they should be`)
