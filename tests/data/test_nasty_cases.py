"""The 25 faults real exports have, and what becomes of each."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from data import headings
from data.accounts import clean_accounts
from data.columns import suggest_columns
from data.geocode import geocode
from data.identity import id_key
from data.quality import accept
from data.tables import read_table
from geo.errors import InputError, Issue
from geo.frames import Accounts, Units
from geo.units import locate, outside_m


def read(folder: Path, text: str | bytes) -> pd.DataFrame:
    path = folder / "a.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(path)


def table(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


def clean(raw: pd.DataFrame, **options: object) -> tuple[Accounts, list[Issue]]:
    return clean_accounts(raw, suggest_columns(raw), **options)  # type: ignore[arg-type]


def of(issues: list[Issue], kind: str) -> list[Issue]:
    return [issue for issue in issues if issue.kind == kind]


def test_01_windows_bytes_are_guessed_and_the_guess_is_said(tmp_path: Path) -> None:
    raw = read(tmp_path, "id,name,zip\n1,Chloé € Müller,02139\n".encode("cp1252"))
    accounts, issues = clean(raw)
    assert accounts["name"].iloc[0] == "Chloé € Müller"
    (issue,) = of(issues, "encoding_guessed")
    assert issue.message == "The text was read as cp1252; check names with accents."


def test_02_unicode_text_of_excel_is_read(tmp_path: Path) -> None:
    raw = read(tmp_path, "id\tname\tzip\n1\tCafé\t02139\n".encode("utf-16"))
    assert (raw.attrs["encoding"], raw.attrs["delimiter"]) == ("utf-16", "\t")
    assert clean(raw)[1] == []


def test_03_semicolons_and_decimal_commas_go_together(tmp_path: Path) -> None:
    text = (
        "id;name;lat;lon;revenue\n"
        "1;A, B;42,36;-71,10;1.234,50\n2;C, D;42,37;-71,11;99,5\n"
    )
    accounts, issues = clean(read(tmp_path, text))
    assert accounts["revenue"].to_list() == [1234.5, 99.5]
    assert accounts.geometry.x.to_list() == [-71.10, -71.11]
    assert of(issues, "bad_number") == []


def test_04_an_unclear_thousands_mark_is_said_and_may_be_told() -> None:
    raw = table(id=["a", "b"], zip=["02139", "02138"], revenue=["1.234", "5.678"])
    issues = clean(raw)[1]
    (issue,) = of(issues, "ambiguous_number")
    assert issue.message == (
        "Every comma or point of 'revenue' may be thousands or decimals; "
        "'.' was taken for the decimal mark."
    )
    told, issues = clean(raw, decimal=",")
    assert told["revenue"].to_list() == [1234.0, 5678.0]
    assert of(issues, "ambiguous_number") == []


def test_05_mixed_currencies_are_not_added_up_until_one_is_chosen() -> None:
    raw = table(
        id=list("abcd"),
        zip=["02139"] * 4,
        revenue=["$1.2M", "€500", "USD 1,200", "(500)"],
    )
    accounts, issues = clean(raw)
    assert accounts["revenue"].isna().all()
    (issue,) = of(issues, "mixed_currency")
    assert (
        issue.message == "'revenue' mixes currencies (EUR 1, USD 2); it is left empty."
    )
    chosen, issues = clean(raw, currency="USD")
    assert chosen["revenue"].fillna(0).to_list() == [1.2e6, 0, 1200.0, 0]
    assert [i.value for i in of(issues, "negative_number")] == ["(500)"]
    assert [issue.value for issue in of(issues, "bad_number")] == ["€500"]


def test_06_a_lost_zero_of_a_zip_is_put_back_if_zip_and_state_agree() -> None:
    raw = table(
        id=list("abcde"),
        state=["MA", "MA", "TX", "", "NY"],
        zip=["2139", "2139.0", "2139", "2138", "501"],
    )
    accounts, issues = clean(raw)
    assert accounts["postal_code"].to_list() == ["02139", "02139", "", "02138", "00501"]
    assert [i.row for i in of(issues, "zip_padded")] == [1, 2, 4, 5]
    assert [i.value for i in of(issues, "bad_zip")] == ["2139"]


def test_07_long_zips_are_cut_to_five_digits() -> None:
    zips = [
        "02139-0001",
        "021390001",
        "21390001",
        "2139-0001",
        "21390-001",
        "90210-001",
    ]
    states = ["MA", "MA", "MA", "MA", "MA", "CA"]
    accounts, _ = clean(table(id=list("abcdef"), state=states, zip=zips))
    assert accounts["postal_code"].to_list() == ["02139"] * 5 + ["90210"]


def test_08_ids_a_spreadsheet_has_mangled_are_errors_not_ids(tmp_path: Path) -> None:
    text = 'id,zip\n1.23457E+11,02139\n"=""00123""",02138\n007,02139\n'
    accounts, issues = clean(read(tmp_path, text))
    assert accounts.index.to_list() == ["row-1", "00123", "007"]
    (issue,) = of(issues, "precision_lost")
    assert (issue.row, issue.value) == (1, "1.23457E+11")


def test_09_ids_of_salesforce_differ_by_case_and_come_in_two_lengths() -> None:
    short, other = "0015g00000ABcDe", "0015g00000ABcdE"
    suffixed = short + _suffix(short)
    assert id_key(suffixed) == short
    assert id_key(short + "AAA") == short + "AAA"
    raw = table(id=[short, other], name=["A", "B"], zip=["02139"] * 2)
    accounts, issues = clean(raw)
    assert accounts.index.to_list() == [short, other]
    assert of(issues, "conflicting_id") == []
    raw = table(id=[short, suffixed, other], name=list("ABC"), zip=["02139"] * 3)
    assert len(of(clean(raw)[1], "conflicting_id")) == 2


def _suffix(text: str) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = [text[i : i + 5] for i in (0, 5, 10)]
    return "".join(
        letters[sum(1 << i for i, c in enumerate(part) if c.isupper())]
        for part in parts
    )


def test_10_dates_follow_their_column_and_unclear_ones_are_asked() -> None:
    raw = table(id=["a", "b"], zip=["02139"] * 2, last_visit=["12/03/24", "25/03/24"])
    accounts, issues = clean(raw)
    assert accounts["last_visit"].iloc[0] == pd.Timestamp("2024-03-12")
    raw = table(id=["a", "b"], zip=["02139"] * 2, last_visit=["12/03/24", "1900-01-00"])
    accounts, issues = clean(raw)
    assert accounts["last_visit"].isna().all()
    assert of(issues, "ambiguous_date")[0].message == (
        "Day and month cannot be told apart; the dates are left empty."
    )
    assert [i.value for i in of(issues, "bad_date")] == ["1900-01-00"]
    told, _ = clean(raw, day_first=False)
    assert told["last_visit"].iloc[0] == pd.Timestamp("2024-12-03")


SPOTS = {
    "a": ("02139", "MA", "42.36", "-71.10"),
    "b": ("78701", "TX", "30.27", "-97.74"),
    "c": ("98101", "WA", "47.61", "-122.33"),
}


def spots(*changes: tuple[str, str, str]) -> pd.DataFrame:
    """Give three good accounts, some with another lat and lon."""
    rows = {k: list(v) for k, v in SPOTS.items()}
    for key, lat, lon in changes:
        rows[key][2:] = [lat, lon]
    cells = pd.DataFrame(rows, index=["zip", "state", "lat", "lon"], dtype="str").T
    cells.insert(0, "id", cells.index)
    return cells.reset_index(drop=True)


def test_11_swapped_coordinates_are_proposed_and_accepted_in_bulk() -> None:
    raw = spots(("a", "-71.10", "42.36"), ("c", "-122.33", "47.61"))
    accounts, issues = clean(raw)
    found = of(issues, "swapped")
    assert [(i.row, i.value, i.fix) for i in found] == [
        (1, "42.36, -71.10", "-71.1, 42.36"),
        (3, "47.61, -122.33", "-122.33, 47.61"),
    ]
    assert geocode(accounts)["match"].to_list() == ["postcode", "rooftop", "postcode"]
    columns = suggest_columns(raw)
    mended = accept(raw, columns, issues, kinds=["swapped"])
    accounts, issues = clean_accounts(mended, columns)
    assert of(issues, "swapped") == []
    assert accounts.geometry.x.to_list() == [-71.10, -97.74, -122.33]
    assert (1, "lat", "-71.10", "42.36") in mended.attrs["accepted"]


def test_11_a_file_swapped_throughout_is_mended_at_once() -> None:
    many = pd.concat([spots()] * 10, ignore_index=True)
    many["id"] = [f"x{i}" for i in range(len(many))]
    many = many.rename(columns={"lat": "lon", "lon": "lat"})
    accounts, issues = clean(many)
    assert accounts.geometry.y.iloc[0] == 42.36
    assert of(issues, "swapped")[0].message == (
        "Longitude and latitude look swapped in the whole file; all are mended."
    )


def test_12_a_lost_minus_is_proposed() -> None:
    raw = spots(("b", "30.27", "97.74"))
    accounts, issues = clean(raw)
    (issue,) = of(issues, "sign_lost")
    assert (issue.value, issue.fix) == ("97.74, 30.27", "-97.74, 30.27")
    assert accounts.geometry.iloc[1] is None
    columns = suggest_columns(raw)
    mended = accept(raw, columns, issues, kinds=["sign_lost"], rows=[2])
    assert clean_accounts(mended, columns)[0].geometry.x.iloc[1] == -97.74


@pytest.mark.parametrize("pair", [("0", "0"), ("-1", "-1"), ("999", "999")])
def test_13_stand_ins_for_no_place_go_to_the_geocoder(pair: tuple[str, str]) -> None:
    accounts, issues = clean(spots(("a", *pair)))
    assert len(of(issues, "missing_coordinates")) == 1
    assert geocode(accounts)["match"].to_list() == ["postcode", "rooftop", "rooftop"]


def test_14_a_point_far_from_its_zip_is_kept_and_listed() -> None:
    accounts, issues = clean(spots(("b", "32.78", "-96.80")))
    (issue,) = of(issues, "far_from_zip")
    assert (issue.row, issue.fix) == (2, "")
    assert accounts.geometry.x.iloc[1] == -96.80


def test_15_other_ways_to_write_a_place_are_read() -> None:
    raw = spots(("a", "42°21'36\"N", "71°6'0\"W"), ("b", "30.27 N", "97.74 W"))
    accounts, _ = clean(raw)
    assert accounts.geometry.x.round(6).to_list() == [-71.1, -97.74, -122.33]
    raw = table(id=list("ab"), wkt=["POINT(-71.1 42.36)", "42.36, -71.1"])
    assert clean(raw)[0].geometry.x.to_list() == [-71.1, -71.1]


def test_16_metres_are_never_taken_for_degrees() -> None:
    raw = table(id=list("ab"), x=["583960", "584000"], y=["4507523", "4507600"])
    raw["zip"] = ["10001", "10002"]
    accounts, issues = clean(raw)
    (issue,) = of(issues, "projected_coordinates")
    assert issue.message.endswith(
        "Name their coordinate system, for example EPSG:26918."
    )
    assert accounts.geometry.isna().all()
    told, _ = clean(raw, crs="EPSG:26918")
    assert told.geometry.x.round(1).to_list() == [-74.0, -74.0]
    with pytest.raises(InputError, match=r"'utm' is no coordinate system\. Use a code"):
        clean(raw, crs="utm")


def test_17_many_accounts_on_one_point_are_a_geocoders_default() -> None:
    n = 25
    raw = table(
        id=[f"a{i}" for i in range(n)],
        street=[f"{i} Main St" for i in range(n)],
        lat=["39.8283"] * n,
        lon=["-98.5795"] * n,
    )
    (issue,) = of(clean(raw)[1], "same_point")
    assert issue.message.startswith("25 accounts with different addresses share one po")


def test_18_exact_repeats_go_and_ids_used_twice_are_an_error_list() -> None:
    raw = table(
        id=["a", "a", "b", "b", "c"],
        name=["A", "A", "B", "Other", "C"],
        zip=["02139"] * 5,
    )
    accounts, issues = clean(raw)
    assert accounts.index.to_list() == ["a", "c"]
    assert [i.row for i in of(issues, "duplicate_row")] == [2]
    assert [(i.row, i.value) for i in of(issues, "conflicting_id")] == [
        (3, "b"),
        (4, "b"),
    ]
    assert clean(raw, keep_first=True)[0]["name"].to_list() == ["A", "B", "C"]
    columns = suggest_columns(raw)
    mended = accept(raw, columns, issues, kinds=["conflicting_id"])
    assert clean_accounts(mended, columns)[0]["name"].to_list() == ["A", "B", "C"]


def test_18_a_column_that_identifies_nothing_is_refused() -> None:
    n = 300
    raw = table(
        id=[str(i // 2) for i in range(n)],
        name=[f"n{i}" for i in range(n)],
        zip=["02139"] * n,
    )
    with pytest.raises(InputError) as refusal:
        clean(raw)
    assert str(refusal.value) == (
        "Column 'id' does not identify rows: 300 of 300 share an id with another row. "
        "Choose another column for account_id, or none."
    )


def test_19_headings_below_a_cover_and_footers_are_found_and_said(
    tmp_path: Path,
) -> None:
    text = (
        "My report\n,,,\nid,name,,name\na,A,,x\nb,B,,y\nTotal,2,,\n\n"
        "Confidential Information - Do Not Distribute\n"
    )
    raw = read(tmp_path, text)
    assert list(raw) == ["id", "name", "name (2)"]
    raw["zip"] = "02139"
    issues = clean_accounts(raw, {"account_id": "id", "postal_code": "zip"})[1]
    assert [i.value for i in of(issues, "left_out")] == [
        "My report",
        "Total | 2",
        "Confidential Information - Do Not Distribute",
    ]


def test_20_bad_lines_are_listed_with_their_numbers(tmp_path: Path) -> None:
    text = (
        'id,name,zip\n1,"A\nB",02139\nid,name,zip\n2,"Open,02139\n3,C,02139,extra\n'
        "4,D,02138\n"
    )
    accounts, issues = clean(read(tmp_path, text))
    assert accounts["name"].to_list() == ["A, B", "D"]
    assert [i.message for i in of(issues, "left_out")] == [
        "Line 4 is no row: headings repeated.",
        "Line 5 is no row: a quote is not closed.",
        "Line 6 is no row: 4 cells where the headings have 3.",
    ]


def test_21_every_spelling_of_a_state_and_a_zip_that_contradicts_it() -> None:
    raw = table(
        id=list("abcdef"),
        state=["massachusetts", "Calif.", "6", "N.Y.", "TX", "Elsewhere"],
        zip=["02139", "90210", "90210", "12180", "02139", "02139"],
        country=["USA"] * 6,
    )
    accounts, issues = clean(raw)
    assert accounts["state"].to_list() == ["MA", "CA", "CA", "NY", "TX", ""]
    (issue,) = of(issues, "state_zip_conflict")
    assert (issue.row, issue.value, issue.fix) == (5, "02139 TX", "MA")
    assert [i.value for i in of(issues, "unknown_state")] == ["Elsewhere"]
    assert geocode(accounts)["matched"].iloc[4] == "ZIP 02139"


def test_22_each_row_has_its_own_country() -> None:
    raw = table(
        id=list("abcde"),
        city=["Toronto", "London", "Boston", "Windhoek", "Nowhere"],
        state=["Ontario", "", "MA", "", ""],
        zip=["M5V 2T6", "SW1A 1AA", "02139", "", ""],
        country=["", "", "", "NA", "Atlantis"],
    )
    accounts, issues = clean(raw)
    assert accounts["country"].to_list() == ["CA", "GB", "US", "NA", ""]
    assert [i.value for i in of(issues, "unknown_country")] == ["Atlantis"]
    placed = geocode(accounts)
    assert placed["match"].to_list() == ["city", "city", "postcode", "city", "none"]
    assert len(placed) == 5


def test_23_a_point_off_the_coast_goes_to_the_nearest_unit_or_is_visible(
    grid: Units, grid_accounts: Accounts
) -> None:
    at_sea = grid_accounts.iloc[:3].drop(columns="unit_id")
    places = shapely.points([(1500, 1500), (-5_000, 500), (-20_000, 500)])
    located = locate(at_sea.set_geometry(places, crs=grid.crs), grid)
    assert located["unit_id"].to_list() == ["u11", "u00", ""]
    assert outside_m(located, grid).fillna(-1).to_list() == [0.0, 5_000.0, -1.0]


def test_24_numbers_that_no_plan_can_carry_are_said() -> None:
    raw = table(
        id=list("abcdef"),
        zip=["02139"] * 6,
        revenue=["10", "-5", "inf", "much", "", "900"],
    )
    accounts, issues = clean(raw)
    assert accounts["revenue"].isna().to_list() == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert [i.value for i in of(issues, "bad_number")] == ["inf", "much"]
    assert [i.value for i in of(issues, "negative_number")] == ["-5"]
    (issue,) = of(issues, "dominant_account")
    assert issue.message == (
        "The row holds 99 % of all revenue; no plan can balance that."
    )
    (issue,) = of(issues, "empty_number")
    assert issue.message == "1 of 6 rows have no revenue; that is not 0."


def test_25_what_a_spreadsheet_would_run_stays_text(tmp_path: Path) -> None:
    names = ["=HYPERLINK(1)", "+1", "@SUM(1)", "<script>x</script>", "{{ 7*7 }}"]
    rows = "".join(f'{i},"{name}",02139\n' for i, name in enumerate(names))
    accounts, _ = clean(read(tmp_path, "id,name,zip\n" + rows))
    assert accounts["name"].to_list() == names


def test_25_limits_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headings, "MAX_ROWS", 0)
    with pytest.raises(InputError, match=r"The table has 2,000 rows; 0 is the most"):
        read(tmp_path, "id,zip\n" + "1,02139\n" * 2000)
    wide = ",".join(f"c{i}" for i in range(1001))
    with pytest.raises(InputError, match=r"The table has 1,001 columns"):
        read(tmp_path, f"{wide}\n{wide}\n")


def test_25_formulas_of_a_workbook_are_not_run(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "name", "zip"])
    sheet.append(["a", '=WEBSERVICE("http://127.0.0.1/")', "02139"])
    book.save(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx").loc[1, "name"] == ""


def test_25_entities_in_a_workbook_do_not_unfold(tmp_path: Path) -> None:
    source = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.save(source)
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
        "<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
    )
    hostile = tmp_path / "b.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(hostile, "w") as new:
        for name in old.namelist():
            sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, bomb if sheet else old.read(name))
    with pytest.raises(InputError, match="The workbook is damaged"):
        read_table(hostile)


def test_odd_signs_in_text_go_and_names_stay(tmp_path: Path) -> None:
    text = "id,name,city,zip\n"
    text += "\u200b1\u00a0,  Null  ,NA,02139\n2,\u202eevil\u202c 👩‍🔬,“Q”,02138\n"
    accounts, _ = clean(read(tmp_path, text))
    assert accounts.index.to_list() == ["1", "2"]
    assert accounts["name"].to_list() == ["Null", "evil 👩‍🔬"]
    assert accounts["city"].to_list() == ["", "“Q”"]


def test_nothing_is_lost_unsaid(tmp_path: Path) -> None:
    text = "id,name,lat,lon\n1,A,42,-71\n1,B,42,-71\n2,C,,\n2,C,,\n3,D,x,y\nTotal,4,,\n"
    raw = read(tmp_path, text)
    accounts, issues = clean(raw)
    left_out = [i for i in issues if i.kind in ("duplicate_row", "conflicting_id")]
    assert len(raw) == len(accounts) + len(left_out) == 5
    assert np.isnan(accounts.geometry.x.to_numpy()).sum() == 2
