"""Headings of four CRMs and the brewery list to fields."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data.columns import suggest_columns, suggestions
from data.tables import read_table

CELLS = {
    "account_id": ["001A", "001B"],
    "name": ["Acme Dental", "Bolt Foods"],
    "street": ["1 Main St", "2 Oak Ave"],
    "city": ["Boston", "Troy"],
    "state": ["MA", "New York"],
    "postal_code": ["02139", "12180-0001"],
    "country": ["USA", "United States"],
    "lat": ["42.36", "42.7"],
    "lon": ["-71.1", "-73.7"],
    "revenue": ["$1,200", "(500)"],
    "owner": ["Ana", "Bob"],
    "territory": ["East", "West"],
    "customer_type": ["Gold", "Silver"],
    "stage": ["lead", "customer"],
    "industry": ["Health", "Food"],
    "last_visit": ["2024-05-06", "2024-07-08"],
}

CRMS = {
    "Salesforce fields": {
        "account_id": "Id",
        "name": "Name",
        "street": "BillingStreet",
        "city": "BillingCity",
        "state": "BillingState",
        "postal_code": "BillingPostalCode",
        "country": "BillingCountry",
        "lat": "BillingLatitude",
        "lon": "BillingLongitude",
        "revenue": "AnnualRevenue",
        "owner": "Owner.Name",
        "territory": "Sales_Territory__c",
        "customer_type": "Type",
        "industry": "Industry",
        "last_visit": "LastActivityDate",
    },
    "Salesforce report": {
        "account_id": "Account ID",
        "name": "Account Name",
        "street": "Billing Street",
        "city": "Billing City",
        "state": "Billing State/Province",
        "postal_code": "Billing Zip/Postal Code",
        "country": "Billing Country",
        "revenue": "Annual Revenue",
        "owner": "Account Owner",
        "last_visit": "Last Activity",
    },
    "HubSpot": {
        "account_id": "Record ID",
        "name": "Company name",
        "street": "Street Address",
        "city": "City",
        "state": "State/Region",
        "postal_code": "Postal Code",
        "country": "Country/Region",
        "revenue": "Annual Revenue",
        "owner": "Company owner",
        "stage": "Lifecycle Stage",
        "industry": "Industry",
        "last_visit": "Last Contacted",
    },
    "Dynamics": {
        "account_id": "(Do Not Modify) Account",
        "name": "Account Name",
        "street": "Address 1: Street 1",
        "city": "Address 1: City",
        "state": "Address 1: State/Province",
        "postal_code": "Address 1: ZIP/Postal Code",
        "country": "Address 1: Country/Region",
        "lat": "Address 1: Latitude",
        "lon": "Address 1: Longitude",
        "revenue": "Annual Revenue",
        "owner": "Owner",
        "territory": "Territory",
        "customer_type": "Relationship Type",
    },
    "Zoho": {
        "account_id": "Record Id",
        "name": "Account Name",
        "street": "Billing Street",
        "city": "Billing City",
        "state": "Billing State",
        "postal_code": "Billing Code",
        "country": "Billing Country",
        "revenue": "Annual Revenue",
        "owner": "Account Owner",
        "customer_type": "Account Type",
        "territory": "Territories",
        "last_visit": "Last Activity Time",
    },
    "German list": {
        "account_id": "Kundennummer",
        "name": "Firma",
        "street": "Straße",
        "city": "Ort",
        "postal_code": "PLZ",
        "country": "Land",
        "lat": "Breitengrad",
        "lon": "Längengrad",
        "revenue": "Umsatz",
        "territory": "Gebiet",
    },
}


@pytest.mark.parametrize("crm", CRMS)
def test_the_headings_of_a_crm_are_known(crm: str) -> None:
    wanted = CRMS[crm]
    raw = pd.DataFrame({h: CELLS[f] for f, h in wanted.items()}, dtype="str")
    raw["Row Checksum"] = "abc"
    assert suggest_columns(raw) == wanted


def test_two_columns_that_fit_alike_are_asked_not_chosen() -> None:
    raw = pd.DataFrame(
        {"Postcode": ["1", "2"], "zip": ["02139", "12180"], "Sales": ["1", "2"]}
        | {"Revenue": ["3", "4"]},
        dtype="str",
    )
    table = suggestions(raw).set_index("heading")
    assert table.loc[["Sales", "Revenue"], "tie"].all()
    assert "revenue" not in suggest_columns(raw)


def test_two_columns_with_the_same_cells_are_no_tie() -> None:
    raw = pd.DataFrame({"Sales": ["1", "2"], "Revenue": ["1", "2"]}, dtype="str")
    assert set(suggest_columns(raw)) == {"revenue"}


def test_shipping_goes_before_billing_unless_it_is_empty() -> None:
    raw = pd.DataFrame(
        {"BillingCity": ["Boston", "Troy"], "ShippingCity": ["Lowell", "Utica"]},
        dtype="str",
    )
    assert suggest_columns(raw) == {"city": "ShippingCity"}
    raw["ShippingCity"] = ["", ""]
    assert suggest_columns(raw) == {"city": "BillingCity"}


def test_cells_speak_against_a_heading() -> None:
    raw = pd.DataFrame({"State": ["1.5", "2.5"], "x": ["a", "b"]}, dtype="str")
    assert suggest_columns(raw) == {}


def test_samples_help_to_choose() -> None:
    raw = pd.DataFrame({"City": ["Rome", "", "Rome", "Troy"]}, dtype="str")
    assert suggestions(raw).loc[0, "samples"] == "Rome | Troy"


def test_the_shared_files_need_no_help(shared: Path) -> None:
    got = suggest_columns(read_table(shared / "accounts" / "breweries.csv"))
    assert got == {
        "account_id": "id",
        "name": "name",
        "street": "address_1",
        "city": "city",
        "state": "state_province",
        "postal_code": "postal_code",
        "country": "country",
        "lon": "longitude",
        "lat": "latitude",
        "customer_type": "brewery_type",
    }
    for name in ("salesforce_report_cp1252.csv", "dynamics_export.xlsx"):
        raw = read_table(shared / "accounts" / name)
        wanted = CRMS["Dynamics" if "dynamics" in name else "Salesforce report"]
        found = suggest_columns(raw)
        assert wanted.items() & found.items() >= {
            (f, h) for f, h in wanted.items() if h in raw
        }
