"""Every threshold of the three packs, typed a second time from the rules as the planners read them.

One row per test: rule, part (- for none), comparator, value, unit (- for none), force. Values of a
range stand with a space between, tiers by their upper ends with ∞ for the open one.
"""

JIAXING = """
A1 principle            between    1,2      个        principle
A1 limit                between    1,4      个        mandatory
A2 -                    >=         10000    亩        mandatory
A3 entry                >=         80       亿元      mandatory
A3 2020                 >=         100      亿元      target
A4 outline              list_empty -        个        mandatory
A4 area                 <=         0        亩        mandatory
A5 -                    share      0.45     share     target
A6 -                    >=         0.03     share     target
A7 leading_chains       between    1,2      个        target
A7 specialty_industries between    2,3      个        target
A8 -                    >=         500      万元/亩   target
A9 -                    >=         30       万元/亩   target
A10 ten_billion_firms   >=         1        家        target
A10 listed_firms        >=         3        家        target
A11 -                   >=         3        个        target
A12 with_national_zone  >=         20       个        target
A12 others              >=         15       个        target
A13 -                   share      0.3      share     mandatory
A14 neither             list_empty -        个        mandatory
A14 both                list_empty -        个        mandatory
A15 -                   list_empty 0        个        mandatory
A16 -                   list_empty -        个        mandatory
A17 distance            none       -        m         guidance
A17 industry            none       -        share     guidance
A18 -                   list_empty 0        亩        mandatory
A18 new_parks           list_empty 0        个        mandatory
A19 -                   list_empty 0        项        mandatory
A20 high_energy         list_empty -        项        mandatory
A20 traditional_expansion list_empty -      项        mandatory
A20 standard_land       list_empty -        项        mandatory
A21 -                   none       -        share     guidance
A22 quarterly           list_empty -        期        mandatory
A22 ranking             none       -        -         mandatory
A23 plan                list_empty -        个        principle
A23 agreed              list_empty -        个        principle
A23 mechanism           list_empty -        个        principle
A23 2019                list_empty -        个        principle
A23 2020                list_empty -        个        principle
A24 one_body            ==         1        个        mandatory
A24 route               none       -        个        guidance
A25 -                   list_empty 0        项        principle
A26 -                   list_empty -        项        mandatory
A27 land                none       -        share     guidance
A27 energy              none       -        share     guidance
A27 funds               none       -        share     guidance
A27 emission            none       -        share     guidance
A27 projects            none       -        share     guidance
A28 upgrade             none       -        -         mandatory
A28 exit                none       -        -         mandatory
A29 totals              none       -        亿元      guidance
A29 double_count        list_empty -        家        guidance
A30 land_mix            none       -        share     guidance
A30 hightech_firms      none       -        家        guidance
A30 rd_centres          none       -        个        guidance
A30 academician_stations none      -        个        guidance
B1 land                 share      0.7      share     mandatory
B1 land_cumulative      share      0.7      share     mandatory
B1 energy               share      0.7      share     mandatory
B1 energy_cumulative    share      0.7      share     mandatory
B1 emission             share      0.7      share     mandatory
B1 emission_cumulative  share      0.7      share     mandatory
B2 -                    share      0.7      share     mandatory
B3 -                    >=         100      亩        mandatory
B3 list                 list_empty -        个        mandatory
B4 -                    >=         200      亩        guidance
B4 reserve              none       -        亩        guidance
B5 usd                  >          1        亿美元    mandatory
B5 rmb                  >=         10       亿元      mandatory
B5 filed                list_empty -        项        mandatory
B5 exclusive_talks      ==         1        月        mandatory
B5 conflicts            list_empty -        项        mandatory
B6 -                    list_empty -        项        mandatory
B7 -                    >=         7        天        mandatory
B8 -                    list_empty -        项        mandatory
B9 usd                  >=         2        个        mandatory
B9 rmb                  >=         2        个        mandatory
B10 2024_fdi            >=         30       亿美元    target
B10 2024_fortune_500    >=         25       个        target
B10 2024_usd            >=         50       个        target
B10 2024_rmb_10         >=         80       个        target
B10 2024_rmb_50         >=         15       个        target
B10 2024_rmb_100        >=         5        个        target
B10 five_years_fdi      >          150      亿美元    target
B10 five_years_fortune_500 >=      130      个        target
B10 five_years_usd      >=         320      个        target
B10 five_years_rmb_10   >=         350      个        target
B10 five_years_rmb_50   >=         60       个        target
B10 five_years_rmb_100  >=         20       个        target
B11 excellence          >=         0.7      share     mandatory
B11 last_two_years      <          2        年        mandatory
B11 short_two_years     <          2        年        mandatory
B11 bonus               none       -        项        guidance
B12 experience          share      0.5      share     mandatory
B12 posted_outside      >=         30       人        mandatory
B13 red_flag            >=         0.15     share     mandatory
B13 annual              >=         0.1      share     mandatory
B14 leading_group       >=         1        次/季     mandatory
B14 joint_meeting       >=         1        次/月     mandatory
B14 fortnightly_meeting >=         1        次/双周   mandatory
B14 weekly_hearing      >=         1        次/周     mandatory
B15 contacts            >=         100      家        guidance
B15 headquarters_reward <=         5000     万元      guidance
B16 -                   none       -        个        guidance
B17 new_total           none       -        家        guidance
B17 undistributed       none       -        家        guidance
B17 paid_in             none       -        家        guidance
C1 governor             >=         1        个        target
C1 governor_size        none       100      亿元      target
C1 mayor                >=         10       个        target
C1 mayor_size           none       50       亿元      target
C1 county_head          >=         40       个        target
C1 county_head_size     none       20       亿元      target
C1 starts_1             >=         280      个        target
C1 starts_10            >=         20       个        target
C2 mayor                >=         20       亿元      mandatory
C2 county_head          >=         10       亿元      mandatory
C3 city_level           >=         1        个        mandatory
C3 county_head          >=         5        个        principle
C3 county_head_port     >=         3        个        principle
C4 excluded             list_empty -        项        mandatory
C4 industry             list_empty -        项        principle
C4 single_project       list_empty -        项        principle
C4 phases               <=         2        期        principle
C4 code_prefix          ==         20       位        principle
C4 not_started          list_empty -        项        principle
C5 -                    list_empty -        项        mandatory
C6 exit                 list_empty -        项        mandatory
C6 replenish            list_empty 0        项        mandatory
C7 -                    list_empty -        项        mandatory
C8 -                    share      0.5      share     mandatory
C9 -                    list_empty -        项        mandatory
C10 -                   list_empty -        项        mandatory
C11 city_leader         >=         1        个        mandatory
C11 city_leader_size    none       50       亿元      mandatory
C11 unit_leader         >=         1        个        mandatory
C11 unit_leader_size    none       20       亿元      mandatory
C11 department_head     >=         1        个        mandatory
C11 department_head_size none      20       亿元      mandatory
C11 city_secretary      >=         1        个        mandatory
C11 unit_secretary      >=         1        个        mandatory
C12 -                   list_empty -        项        mandatory
C13 -                   list_empty -        项        mandatory
C14 -                   list_empty 0        项        mandatory
C15 monthly_report      list_empty -        期        mandatory
C15 veto_reference      none       0.5      share     mandatory
"""

PANAN = """
D1 industry             tiers      30,50,∞  亩        mandatory
D1 others               tiers      20,50,∞  亩        mandatory
D1 no_land              tiers      0        亩        mandatory
D2 -                    ==         1        级        mandatory
D3 -                    tiers      50,∞     亩        mandatory
D4 best_platform        none       -        -         guidance
D4 equal_score          list_empty -        项        guidance
D5 share                share      0.5      share     mandatory
D5 control_line         list_empty -        亩        mandatory
D6 -                    >=         300      亩        mandatory
D7 fund                 <=         2        亿元      principle
D7 per_project          <=         1        亿元      principle
D8 recorded             list_empty -        项        mandatory
D8 stale                list_empty -        项        mandatory
D9 manufacturing        >=         -        个        mandatory
D9 major                >=         -        个        mandatory
D9 monthly_notice       >=         1        次/月     mandatory
D9 monthly_report       >=         1        次/月     mandatory
D9 quarterly_ranking    >=         1        次/季     mandatory
D10 order               list_empty -        项        mandatory
D10 monthly_panel       >=         1        次/月     mandatory
D10 task_force          list_empty -        项        mandatory
D10 major_at_once       none       -        天       mandatory
D11 exceeded            >          0        个        mandatory
D11 without_task        >=         1        个        mandatory
D11 criticised          list_empty -        次        mandatory
"""

CHANGCHUN = """
E1 under_construction   >          1200     个        target
E1 new_starts           >          500      个        target
E1 industrial_share     share      0.5      share     target
E1 reserve              >          1000     个        target
E1 started_june         >=         1000     个        target
E1 resumption_june      >=         0.9      share     target
E1 new_start_rate_june  >=         0.8      share     target
E2 -                    none       -        个        guidance
E3 five                 list_empty -        项        mandatory
E3 seven                list_empty -        项        target
E3 nine                 list_empty -        项        target
E4 share                share      0.8      share     mandatory
E4 days                 <=         51       工作日    mandatory
E5 leader               list_empty -        项        mandatory
E5 secretary            list_empty -        项        mandatory
E6 filed                <=         10       日        mandatory
E6 sent                 <=         15       日        mandatory
E6 meeting              <=         25       日        mandatory
E7 -                    none       -        -         guidance
E8 new_starts_june      >          400      个        target
E8 starts_september     >          1100     个        target
E8 investment_growth    >=         0.1      share     target
E9 county               >=         2        个        target
E9 department           >=         2        个        target
E10 -                   list_empty -        项        guidance
E11 city_invest          >=         1        次/季      mandatory
E11 county_invest        >=         1        次/月      mandatory
E11 funds_matching       >=         1        次/季      mandatory
E11 talent_matching      >=         1        次/季      mandatory
E11 technology_matching  >=         1        次/季      mandatory
E11 statistics_entry     >=         1        次/季      mandatory
E11 leader_report        >=         1        次/季      mandatory
E11 consultation         >=         1        次/季      mandatory
E11 leading_group        >=         1        次/季      mandatory
E11 dispatch_meeting     >=         1        次/月      mandatory
E11 platform_training    >=         1        次/半年     mandatory
E11 statistics_training  >=         1        次/半年     mandatory
E11 secretary_training   >=         1        次/半年     mandatory
E11 spring_start         >=         1        次/年    mandatory
E11 autumn_start         >=         1        次/年    mandatory
"""


def expected(text: str) -> dict[tuple[str, str], tuple[str, str, str, str]]:
    """Rows by rule and part: comparator, value as written, unit, force."""
    rows = {}
    for line in text.strip().splitlines():
        rule, part, comparator, value, unit, force = line.split()
        key = (rule, "" if part == "-" else part)
        assert key not in rows, key
        rows[key] = (comparator, value, "" if unit == "-" else unit, force)
    return rows


WHO = {
    "U7": "A1 A12 A13 A23 A25",
    "U9": "A14 A18 A27 B1 B2 B9 B11 B12 B14.weekly_hearing B16 C3 C11.unit_secretary C15 D9 D11"
          " E9.county E11.county_invest",
    "Z2": "A15",
    "P": "A2 A3 A5 A6 A7 A8 A9 A10 A16 A22 A24 A30",
    "P U9": "A29",
    "city": "A11 B10 B13 B14 B15.contacts B17 C1 C6.exit C11.city_secretary D5 D6 D7.fund"
            " D10.monthly_panel E1 E2 E4.share E6 E8 E11",
    "city U9": "B3 B4 C6.replenish C8",
    "zone": "A4",
    "park": "A17 A28",
    "parcel": "E3 E7",
    "allotment": "A21 A26",
    "enterprise": "A19 B15.headquarters_reward",
    "project": "A20 B5 B6 B7 B8 C1.governor_size C1.mayor_size C1.county_head_size C2 C4 C5 C7 C9"
               " C10 C12 C13 C14 D1 D2 D3 D4 D7.per_project D8 D10 E4.days E5 E10",
    "leader": "C11",
    "department": "E9.department",
}  # fmt: skip
"""Who is assessed, typed a second time: a part by its name goes before its whole rule."""
