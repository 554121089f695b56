"""Forms of English words that have no stem in common: who asks "how much did it give" is answered by "it gave"."""

from __future__ import annotations

FORMS = """
give gave given/take took taken/come came/become became/go went gone/buy bought/bring brought/think thought
teach taught/catch caught/fight fought/seek sought/sell sold sale/tell told/say said/pay paid payment/lay laid
make made/find found/hold held/keep kept/sleep slept/feel felt/leave left/lose lost loss losses
meet met/lead led/feed fed
send sent/spend spent/lend lent/build built/bend bent/mean meant/deal dealt/hear heard/stand stood
understand understood/win won/begin began begun/drink drank drunk/sing sang sung/swim swam swum/ring rang rung
sink sank sunk/run ran/sit sat/get got gotten/forget forgot forgotten/know knew known/grow grew grown growth
throw threw thrown/blow blew blown/fly flew flown/draw drew drawn/see saw seen/eat ate eaten/fall fell fallen
write wrote written/drive drove driven/ride rode ridden/rise rose risen/choose chose chosen choice
speak spoke spoken/break broke broken/steal stole stolen/freeze froze frozen/wear wore worn/tear tore torn
swear swore sworn/hide hid hidden/bite bit bitten/shake shook shaken/forgive forgave forgiven/dig dug/hang hung
stick stuck/strike struck/die died death/decide decided decision
"""
BASE = {
    form: line.split()[0] for line in FORMS.replace("\n", "/").split("/") if line.strip() for form in line.split()[1:]
}
