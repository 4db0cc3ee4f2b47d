"""Words the made-up accounts are put together from; none names a real company."""

from __future__ import annotations

FIRST = """
Amber Aspen Beacon Birch Bluff Bright Canyon Cedar Clear Cobalt Copper Coral Crest
Crown Delta Eagle Elm Ember Evergreen Falcon Fern Forest Garnet Golden Granite Harbor
Hawthorn Heron Hickory Highland Indigo Iron Ivory Juniper Keystone Lantern Laurel
Liberty Linden Lone Magnolia Maple Meadow Mesa Mill Northern Oak Ocean Orchard Osprey
Pacific Palm Pine Pioneer Plains Prairie Quarry Raven Red Ridge River Rock Rose Sage
Sierra Silver Sky Spring Spruce Star Stone Summit Sun Sycamore Timber Union Valley
Vista Walnut Western Willow Wind
"""
SECOND = """
Bay Bend Bridge Brook Cove Creek Crossing Dale Falls Field Gate Glen Grove Hill Hollow
Lake Landing Lane Park Pass Peak Point Pond Port Rapids Run Shore Side Square Trail
View Way Wood Works
"""

INDUSTRIES = {
    "Healthcare": (0.22, ("Clinic", "Dental", "Medical Group", "Family Care", "Labs")),
    "Food service": (0.20, ("Kitchen", "Catering", "Foods", "Grill", "Bakery")),
    "Manufacturing": (0.16, ("Tool", "Plastics", "Metal", "Packaging", "Machine")),
    "Construction": (0.13, ("Builders", "Roofing", "Electric", "Concrete", "Supply")),
    "Retail": (0.13, ("Hardware", "Outfitters", "Market", "Furniture", "Garden")),
    "Education": (0.08, ("Academy", "School District", "Learning", "College")),
    "Logistics": (0.08, ("Freight", "Warehouse", "Transport", "Distribution")),
}
"""Industry: its share of accounts, and what such a company is called."""

PRODUCTS = {"Supplies": 0.45, "Equipment": 0.30, "Service plan": 0.17, "Software": 0.08}
CHANNELS = {"Direct": 0.60, "Distributor": 0.25, "Online": 0.15}

STREETS = """
Main St
Oak St
Maple Ave
2nd St
3rd Ave
Park Ave
Washington St
Lake Rd
Hill Rd
Church St
Mill Rd
Industrial Pkwy
Commerce Dr
Market St
Center St
River Rd
Elm St
Railroad Ave
Airport Rd
College Ave
"""

GIVEN = """
Ada Amir Ana Ben Carla Chen Dana Diego Elena Emeka Farid Grace Hana Ines Ivan Jade
Jonah Kofi Lars Leila Luca Maya Mei Nadia Noah Olga Omar Priya Ravi Rosa Samir Sofia
Tess Tomas Uma Viktor Wanda Yara Yusuf Zoe
"""
FAMILY = """
Adler Bauer Castillo Dubois Eriksen Farrow Galvan Hale Ibarra Jansen Kaminski Lund
Moreau Nakamura Okafor Petrov Quist Reyes Sandoval Thorne Ueda Vance Weller Xu York
Zamora Ashby Brandt Corliss Dray
"""

METROS = """
New York Metro,New York City,NY
Los Angeles,Los Angeles,CA
Chicago,Chicago,IL
North Texas,Dallas,TX
Houston,Houston,TX
Bay Area,San Francisco,CA
Capital,Washington,DC
Philadelphia,Philadelphia,PA
New England,Boston,MA
Georgia,Atlanta,GA
Michigan,Detroit,MI
Arizona,Phoenix,AZ
Puget Sound,Seattle,WA
South Florida,Miami,FL
Minnesota,Minneapolis,MN
Colorado,Denver,CO
Ohio Valley,Cincinnati,OH
Missouri,St. Louis,MO
Carolinas,Charlotte,NC
Tennessee,Nashville,TN
Central Florida,Orlando,FL
San Diego,San Diego,CA
Great Lakes,Cleveland,OH
Heartland,Kansas City,MO
Oregon,Portland,OR
Indiana,Indianapolis,IN
Wisconsin,Milwaukee,WI
Utah,Salt Lake City,UT
Gulf Coast,New Orleans,LA
Sacramento Valley,Sacramento,CA
Pittsburgh,Pittsburgh,PA
South Texas,San Antonio,TX
Nevada,Las Vegas,NV
Virginia,Richmond,VA
Oklahoma,Oklahoma City,OK
Upstate New York,Albany,NY
Mid-South,Memphis,TN
Great Plains,Omaha,NE
Alabama,Birmingham,AL
Kentucky,Louisville,KY
New Mexico,Albuquerque,NM
Triangle,Raleigh,NC
Central Ohio,Columbus,OH
Connecticut,Hartford,CT
Iowa,Des Moines,IA
Inland Northwest,Spokane,WA
Idaho,Boise,ID
"""
"""Territory name, the city its rep lives in, and the state, largest first."""

REGIONS = {
    "Northeast": "CT MA ME NH NJ NY PA RI VT",
    "Midwest": "IA IL IN KS MI MN MO ND NE OH SD WI",
    "South": "AL AR DC DE FL GA KY LA MD MS NC OK SC TN TX VA WV",
    "West": "AK AZ CA CO HI ID MT NM NV OR UT WA WY",
}
TIMEZONES = {
    "America/New_York": (
        "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV"
    ),
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
}
