"""States, provinces and countries: every usual spelling to its code."""

from __future__ import annotations

import re
import string
import unicodedata
from functools import cache

SPACES = {ord(sign): " " for sign in string.punctuation}

US_STATES = """AL 01 Alabama|AK 02 Alaska|AZ 04 Arizona,Ariz|AR 05 Arkansas,Ark
CA 06 California,Calif,Cali|CO 08 Colorado,Colo|CT 09 Connecticut,Conn
DE 10 Delaware,Del|DC 11 District of Columbia,Washington DC,Wash DC
FL 12 Florida,Fla|GA 13 Georgia|HI 15 Hawaii|ID 16 Idaho,Ida|IL 17 Illinois,Ill
IN 18 Indiana,Ind|IA 19 Iowa|KS 20 Kansas,Kans,Kan|KY 21 Kentucky,Ken
LA 22 Louisiana|ME 23 Maine|MD 24 Maryland|MA 25 Massachusetts,Mass
MI 26 Michigan,Mich|MN 27 Minnesota,Minn|MS 28 Mississippi,Miss|MO 29 Missouri
MT 30 Montana,Mont|NE 31 Nebraska,Nebr,Neb|NV 32 Nevada,Nev|NH 33 New Hampshire
NJ 34 New Jersey|NM 35 New Mexico,N Mex|NY 36 New York
NC 37 North Carolina,N Carolina,N Car|ND 38 North Dakota,N Dak,N Dakota|OH 39 Ohio
OK 40 Oklahoma,Okla|OR 41 Oregon,Ore,Oreg|PA 42 Pennsylvania,Penn,Penna
RI 44 Rhode Island|SC 45 South Carolina,S Carolina,S Car
SD 46 South Dakota,S Dak,S Dakota|TN 47 Tennessee,Tenn|TX 48 Texas,Tex|UT 49 Utah
VT 50 Vermont|VA 51 Virginia|WA 53 Washington,Wash,Washington State
WV 54 West Virginia,W Virginia,W Va|WI 55 Wisconsin,Wis,Wisc|WY 56 Wyoming,Wyo
AS 60 American Samoa|GU 66 Guam|MP 69 Northern Mariana Islands|PR 72 Puerto Rico
VI 78 Virgin Islands,US Virgin Islands"""

CA_PROVINCES = """AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick
NL Newfoundland and Labrador,Newfoundland|NS Nova Scotia|NT Northwest Territories
NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon"""

COUNTRIES = """AD AND Andorra|AE ARE United Arab Emirates,UAE|AF AFG Afghanistan
AL ALB Albania|AM ARM Armenia|AO AGO Angola|AR ARG Argentina,Argentinien
AT AUT Austria,Osterreich,Oesterreich|AU AUS Australia,Australien|AZ AZE Azerbaijan
BA BIH Bosnia and Herzegovina|BB BRB Barbados|BD BGD Bangladesh
BE BEL Belgium,Belgien,Belgique,Belgie|BF BFA Burkina Faso|BG BGR Bulgaria
BH BHR Bahrain|BI BDI Burundi|BJ BEN Benin|BM BMU Bermuda|BN BRN Brunei
BO BOL Bolivia|BR BRA Brazil,Brasil|BS BHS Bahamas|BT BTN Bhutan|BW BWA Botswana
BY BLR Belarus|BZ BLZ Belize|CA CAN Canada,Kanada
CD COD Democratic Republic of the Congo|CF CAF Central African Republic|CG COG Congo
CH CHE Switzerland,Schweiz,Suisse|CI CIV Cote d Ivoire,Ivory Coast|CL CHL Chile
CM CMR Cameroon|CN CHN China,Peoples Republic of China|CO COL Colombia
CR CRI Costa Rica|CU CUB Cuba|CY CYP Cyprus|CZ CZE Czechia,Czech Republic
DE DEU Germany,Deutschland,Allemagne|DK DNK Denmark,Danmark
DO DOM Dominican Republic|DZ DZA Algeria|EC ECU Ecuador|EE EST Estonia|EG EGY Egypt
ES ESP Spain,Espana,Spanien|ET ETH Ethiopia|FI FIN Finland,Suomi|FJ FJI Fiji
FR FRA France,Frankreich|GA GAB Gabon|GE GEO Georgia|GH GHA Ghana|GL GRL Greenland
GB GBR United Kingdom,UK,Great Britain,Britain,England,Scotland,Wales,Northern Ireland
GR GRC Greece|GT GTM Guatemala|GU GUM Guam|HK HKG Hong Kong|HN HND Honduras
HR HRV Croatia|HT HTI Haiti|HU HUN Hungary|ID IDN Indonesia|IE IRL Ireland,Eire
IL ISR Israel|IM IMN Isle of Man|IN IND India|IQ IRQ Iraq|IR IRN Iran|IS ISL Iceland
IT ITA Italy,Italia,Italien|JM JAM Jamaica|JO JOR Jordan|JP JPN Japan|KE KEN Kenya
KG KGZ Kyrgyzstan|KH KHM Cambodia|KR KOR South Korea,Korea,Republic of Korea
KW KWT Kuwait|KZ KAZ Kazakhstan|LA LAO Laos|LB LBN Lebanon|LI LIE Liechtenstein
LK LKA Sri Lanka|LT LTU Lithuania|LU LUX Luxembourg|LV LVA Latvia|LY LBY Libya
MA MAR Morocco|MC MCO Monaco|MD MDA Moldova|ME MNE Montenegro|MG MDG Madagascar
MK MKD North Macedonia,Macedonia|ML MLI Mali|MM MMR Myanmar|MN MNG Mongolia
MO MAC Macao|MT MLT Malta|MU MUS Mauritius|MX MEX Mexico|MY MYS Malaysia
MZ MOZ Mozambique|NA NAM Namibia|NE NER Niger|NG NGA Nigeria|NI NIC Nicaragua
NL NLD Netherlands,Nederland,The Netherlands,Holland|NO NOR Norway,Norge
NP NPL Nepal|NZ NZL New Zealand|OM OMN Oman|PA PAN Panama|PE PER Peru
PG PNG Papua New Guinea|PH PHL Philippines|PK PAK Pakistan|PL POL Poland,Polska
PR PRI Puerto Rico|PS PSE Palestine|PT PRT Portugal|PY PRY Paraguay|QA QAT Qatar
RO ROU Romania|RS SRB Serbia|RU RUS Russia,Russian Federation|RW RWA Rwanda
SA SAU Saudi Arabia|SD SDN Sudan|SE SWE Sweden,Sverige|SG SGP Singapore
SI SVN Slovenia|SK SVK Slovakia|SN SEN Senegal|SO SOM Somalia|SV SLV El Salvador
SY SYR Syria|TD TCD Chad|TG TGO Togo|TH THA Thailand|TJ TJK Tajikistan
TM TKM Turkmenistan|TN TUN Tunisia|TR TUR Turkey,Turkiye|TT TTO Trinidad and Tobago
TW TWN Taiwan|TZ TZA Tanzania|UA UKR Ukraine|UG UGA Uganda|UY URY Uruguay
UZ UZB Uzbekistan|VE VEN Venezuela|VN VNM Vietnam,Viet Nam
US USA United States,United States of America,America,Estados Unidos,Vereinigte Staaten
VI VIR Virgin Islands|XK XKX Kosovo|YE YEM Yemen|ZA ZAF South Africa|ZM ZMB Zambia
ZW ZWE Zimbabwe"""


def plain(text: str) -> str:
    """Give lower-case letters and digits with single spaces, accents removed."""
    if text.isascii():
        return " ".join(text.lower().translate(SPACES).split())
    text = unicodedata.normalize("NFKD", text).casefold().replace("\u00df", "ss")
    text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w\s]|_", " ", text).split())


@cache
def us_states() -> dict[str, str]:
    """Map each plain spelling of a US state to its code: name, "calif", "6", "06"."""
    found: dict[str, str] = {}
    for entry in re.split(r"[|\n]", US_STATES):
        code, fips, spellings = entry.split(" ", 2)
        keys = [code, fips, str(int(fips)), f"us {code}", *spellings.split(",")]
        found |= {plain(key): code for key in keys}
        found[" ".join(code.lower())] = code
    return found


@cache
def provinces() -> dict[str, str]:
    """Map each plain spelling of a Canadian province to its code."""
    found: dict[str, str] = {}
    for entry in re.split(r"[|\n]", CA_PROVINCES):
        code, spellings = entry.split(" ", 1)
        found |= {plain(key): code for key in (code, *spellings.split(","))}
    return found


@cache
def countries() -> dict[str, str]:
    """Map each plain spelling of a country to its ISO 3166 two-letter code."""
    found: dict[str, str] = {}
    for entry in re.split(r"[|\n]", COUNTRIES):
        two, three, spellings = entry.split(" ", 2)
        found |= {plain(key): two for key in (two, three, *spellings.split(","))}
    return found | {"u s": "US", "u s a": "US", "u k": "GB"}


def state_code(text: str, country: str) -> str:
    """Give the code of a state in the US or Canada, "" if it is none there."""
    key = plain(text)
    if country == "CA":
        return provinces().get(key, "")
    return us_states().get(key, "")
