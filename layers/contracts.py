"""What every layer and table of a workspace must be: key, geometry, columns.

A layer requires only its key and its geometry; what a rule needs beyond that and does not find is
``no_data`` there, not an error here.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from geo.tools import nearest_name
from layers.errors import LayerError
from layers.fields import FIELDS, Field

GeometryKind = Literal["polygon", "line_or_polygon", "point_or_polygon", "none"]

GEOMETRY_TYPES: MappingProxyType[GeometryKind, frozenset[str]] = MappingProxyType(
    {
        "polygon": frozenset({"Polygon", "MultiPolygon"}),
        "line_or_polygon": frozenset({"LineString", "MultiLineString", "Polygon", "MultiPolygon"}),
        "point_or_polygon": frozenset({"Point", "Polygon", "MultiPolygon"}),
        "none": frozenset(),
    }
)


@dataclass(frozen=True)
class Contract:
    """What one layer or table must be.

    ``name``: Name of the layer in a workspace.
    ``zh, en``: What it holds.
    ``geometry``: Kind of shape, ``none`` for a table.
    ``key``: Column that identifies a row.
    ``columns``: All columns it may have, key first.
    ``needed``: Columns that may not be missing besides the key.
    ``geometry_optional``: True where a row may come without its shape.
    ``append_only``: True where rows are only ever added.
    """

    name: str
    zh: str
    en: str
    geometry: GeometryKind
    key: str
    columns: tuple[str, ...]
    needed: tuple[str, ...] = ()
    geometry_optional: bool = False
    append_only: bool = False

    @property
    def is_spatial(self) -> bool:
        """Whether rows have shapes."""
        return self.geometry != "none"

    def field(self, column: str) -> Field:
        """Give the vocabulary entry of a column."""
        return FIELDS[column]


def _contract(
    name: str,
    zh: str,
    en: str,
    geometry: GeometryKind,
    columns: str,
    *,
    needed: str = "",
    geometry_optional: bool = False,
    append_only: bool = False,
) -> Contract:
    names = tuple(columns.split())
    return Contract(
        name, zh, en, geometry, names[0], (*names, "source_doc", "note"), tuple(needed.split()),
        geometry_optional, append_only,
    )  # fmt: skip


_ALL = (
    _contract(
        "units", "考核单位", "units of assessment", "polygon",
        "unit_id name unit_kind",
    ),
    _contract(
        "major_platforms", "重大平台", "major platforms", "polygon",
        "platform_id name unit_id level is_major boundary_kind approved_area_mu "
        "developable_declared_mu leading_industries specialty_industries industry_scheme "
        "register_on extra_reason extra_review_on town leading_chains management_bodies",
    ),
    _contract(
        "approved_boundaries", "核准四至", "approved boundaries", "polygon",
        "boundary_id platform_id name edition edition_on approved_area_mu boundary_status",
    ),
    _contract(
        "parks", "园区", "parks", "polygon",
        "park_id name unit_id town park_kind disposition platform_id is_baseline is_opted_in "
        "exited_on disposition_on integration_route",
        geometry_optional=True,
    ),
    _contract(
        "land_parcels", "地块", "land parcels", "polygon",
        "parcel_id name unit_id land_use_code land_use_scheme state state_on utilities "
        "area_declared_m2 is_increment allowed_industries industry_scheme far_min far_max "
        "investment_min_wan_yuan_per_mu tax_min_wan_yuan_per_mu output_min_wan_yuan_per_mu "
        "revived_on",
    ),
    _contract(
        "barriers", "阻隔要素", "barriers", "line_or_polygon",
        "barrier_id name barrier_class width_m",
    ),
    _contract(
        "adjacency_decisions", "连片认定", "decisions on adjacency", "none",
        "decision_id parcel_id other_parcel_id adjacency decided_by reason decided_on",
        needed="parcel_id other_parcel_id adjacency decided_by reason",
    ),
    _contract(
        "constraints", "管控要素", "constraints", "polygon",
        "constraint_id name constraint_kind severity applies effective_from effective_until",
    ),
    _contract(
        "data_coverage", "资料覆盖", "coverage of the data", "polygon",
        "coverage_id covered_layer covered_kind unit_id data_on responsible",
        needed="covered_layer", geometry_optional=True,
    ),
    _contract(
        "facilities", "配套设施", "facilities", "point_or_polygon",
        "facility_id name facility_kind",
    ),
    _contract(
        "enterprises", "企业", "enterprises", "point_or_polygon",
        "enterprise_id name credit_code unit_id platform_id park_id industry_code "
        "industry_scheme is_above_scale is_listed_company is_leading is_key_foreign contact "
        "foreign_total_wan_usd foreign_contracted_wan_usd foreign_paid_in_wan_usd "
        "foreign_undistributed_wan_yuan founded_on land_supplied_on",
    ),
    _contract(
        "element_allotments", "要素配置", "element allotments", "polygon",
        "allotment_id unit_id year element pollutant land_mu energy_tce emission_t allotted_on "
        "allotment_status is_industrial is_increment declared_inside project_id platform_id "
        "park_id parcel_ids land_use_code land_use_scheme",
        geometry_optional=True,
    ),
    _contract(
        "platform_indicators", "平台指标", "platform indicators", "none",
        "platform_id period value_added_yi_yuan output_yi_yuan tax_yi_yuan revenue_yi_yuan "
        "rd_yi_yuan hightech_value_added_yi_yuan above_scale_land_mu energy_tce "
        "hightech_firms rd_centres academician_stations",
        needed="period",
    ),
    _contract(
        "enterprise_indicators", "企业指标", "enterprise indicators", "none",
        "enterprise_id year land_in_use_mu output_wan_yuan value_added_wan_yuan "
        "revenue_wan_yuan tax_wan_yuan rd_wan_yuan electricity_kwh energy_tce emission_t "
        "employees investment_wan_yuan",
        needed="year",
    ),
    _contract(
        "element_quotas", "要素指标", "element quotas", "none",
        "quota_id unit_id platform_id year element pollutant land_mu energy_tce emission_t",
    ),
    _contract(
        "projects", "项目", "projects", "none",
        "project_id name unit_id investor_name credit_code parent_credit_code category "
        "industry_code industry_scheme product is_expansion investment_yi_yuan investment_yi_usd "
        "investment_stated land_min_mu land_ideal_mu land_max_mu width_min_m frontage_min_m "
        "land_use_codes far output_wan_yuan tax_wan_yuan energy_tce emission_t pollutant "
        "emissions_t utilities_needed "
        "facilities_max_km preferred_units excluded_units stage start_planned_on started_on "
        "platform_id parcel_ids project_code phase_of project_class is_fortune_500 "
        "is_frontier is_representative is_mid_high_end is_special_policy is_flagship is_landmark "
        "is_confidential reserve_level department leader leader_role secretary action_map "
        "service_team is_secretary_contact",
    ),
    _contract(
        "project_events", "项目事件", "project events", "none",
        "event_id project_id event_kind event_on entered_at entry_seq unit_id actor detail "
        "exit_reason planned_kind planned_on corrects corrected_on previous_sha256 row_sha256",
        needed="project_id event_kind event_on entered_at entry_seq", append_only=True,
    ),
    _contract(
        "targets", "目标任务", "targets", "none",
        "target_id unit_id year indicator target_value measure_unit actual_value town leader "
        "leader_role project_id",
    ),
    _contract(
        "problems", "问题清单", "problems", "none",
        "problem_id project_id unit_id found_on filed_on sent_on met_on resolved_on detail",
    ),
    _contract(
        "support_grants", "扶持政策", "support grants", "none",
        "grant_id enterprise_id park_id granted_on policy grant_wan_yuan project_id",
    ),
    _contract(
        "land_lists", "连片土地清单", "lists of contiguous land", "none",
        "land_list_id list_kind listed_on unit_id parcel_ids listed_mu",
        needed="list_kind listed_on parcel_ids",
    ),
    _contract(
        "unit_milestones", "工作节点", "milestones of units", "none",
        "milestone_id unit_id milestone due_on done_on",
    ),
)  # fmt: skip

CONTRACTS: MappingProxyType[str, Contract] = MappingProxyType({c.name: c for c in _ALL})
"""Every layer and table by name, in the order of the data dictionary."""

COMPOSITE_KEYS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "platform_indicators": ("platform_id", "period"),
        "enterprise_indicators": ("enterprise_id", "year"),
    }
)
"""Tables whose rows are identified by more than the first column."""

RASTERS: MappingProxyType[str, tuple[str, str, str]] = MappingProxyType(
    {"dem": ("高程", "elevation", "m"), "flood_depth": ("淹没水深", "flood depth", "m")}
)
"""Rasters a workspace may hold: Chinese and English name, unit."""


def contract_of(layer: str) -> Contract:
    """Give the contract of a layer or table.

    Parameters
    ----------
    layer
        Its name.

    Returns
    -------
    Contract
        What it must be.

    Raises
    ------
    LayerError
        ``layer_unknown``, with the nearest known name.
    """
    try:
        return CONTRACTS[layer]
    except KeyError:
        raise LayerError(
            "layer_unknown", layer=layer, nearest=nearest_name(layer, CONTRACTS)
        ) from None


def key_columns(contract: Contract) -> tuple[str, ...]:
    """Give the columns that identify a row of this layer."""
    return COMPOSITE_KEYS.get(contract.name, (contract.key,))
