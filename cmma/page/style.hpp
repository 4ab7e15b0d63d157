// The style sheet of the report page: light and dark scheme, wide and narrow windows.
//
// Who may call it: page.cpp. The classes of the pairs ("Sr"...) colour areas, cells and the keys of legends.
#ifndef CMMA_PAGE_STYLE_HPP
#define CMMA_PAGE_STYLE_HPP

#include <string_view>

namespace cmma::page {

// The usage state has the hue, the content state the strength: what has a frame is strongest. A discarded
// block (Vz) has a colour of its own.
inline constexpr std::string_view style_sheet = R"(
:root{color-scheme:light dark;--page:#fbfbfa;--card:#fff;--text:#1c2128;--soft:#5b6470;--line:#dde1e6;--grid:#f2f4f6;
--Sr:#1d6fb8;--Sp:#79aedb;--Sz:#d3e4f3;--Ur:#5f6875;--Up:#9aa2ad;--Uz:#c9ced6;--Pr:#0d8465;--Pp:#62bfa2;--Pz:#bfe6d9;
--Vr:#e08a00;--Vp:#f2c063;--Vz:#c2185b;--out:#3d4653;--fault:#7b1fa2;--good:#13694f;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#12161b;--card:#1a2027;--text:#e6e9ed;--soft:#a0a9b4;--line:#313a44;
--grid:#232a32;--Sr:#4aa3e8;--Sp:#2f6d9f;--Sz:#20384c;--Ur:#a7b0bd;--Up:#6b7480;--Uz:#48525f;--Pr:#35c79f;--Pp:#23806a;
--Pz:#16443a;--Vr:#f5a623;--Vp:#96691f;--Vz:#f0508b;--out:#c3cad3;--fault:#c58be8;--good:#59d3ac;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.25rem}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0}
h3{font-size:1rem;margin:0}
p{margin:.25rem 0;overflow-wrap:anywhere}
.lead,figcaption p,.unit,section>p{color:var(--soft);max-width:48rem}
.verdict{font-weight:600;color:var(--good)}
.verdict.failed{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1rem 0;padding:0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}
.tiles dt{color:var(--soft);font-size:.85rem}
.tiles dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
.tiles dd small{display:block;font-size:.8rem;font-weight:400;color:var(--soft)}
figure,section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:1rem 0;padding:1rem}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;margin:.5rem 0;padding:0;font-size:.85rem}
.legend i{display:inline-block;width:.85em;height:.85em;border-radius:.15em;margin-right:.4em;vertical-align:-.08em;
background:currentColor;outline:1px solid var(--line)}
.unit{font-size:.8rem;margin:0}
.unit.end{text-align:right;max-width:none}
.plot{display:grid;grid-template-columns:3.6rem minmax(0,1fr);grid-template-rows:1.2rem 16rem 1.5rem;font-size:.78rem;
color:var(--soft);font-variant-numeric:tabular-nums}
.plot svg{grid-area:2/2;width:100%;height:100%;display:block;background:var(--grid);border-radius:.2rem}
.marks,.across,.up{position:relative}
.marks{grid-area:1/2}.across{grid-area:3/2}.up{grid-area:2/1}
.marks span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.across span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.across span:first-child{transform:none}
.across span[style*="left:9"],.across span[style*="left:100"]{transform:translateX(-100%)}
.up span{position:absolute;right:.4rem;transform:translateY(50%);white-space:nowrap}
.up span[style*="bottom:100"],.up span[style*="bottom:9"]{transform:translateY(100%)}
.up span:first-child{transform:none}
path{fill:currentColor}
.cells,.empty{shape-rendering:crispEdges}
.empty{color:var(--grid)}
.mark,.limit{fill:none;stroke:var(--text);stroke-width:1;stroke-dasharray:3 3;vector-effect:non-scaling-stroke;opacity:.6}
.limit{stroke-dasharray:none;stroke-width:1.5;opacity:1}
.base{fill:none;stroke:var(--text);stroke-width:1;vector-effect:non-scaling-stroke}
.Sr{color:var(--Sr)}.Sp{color:var(--Sp)}.Sz{color:var(--Sz)}.Ur{color:var(--Ur)}.Up{color:var(--Up)}.Uz{color:var(--Uz)}
.Pr{color:var(--Pr)}.Pp{color:var(--Pp)}.Pz{color:var(--Pz)}.Vr{color:var(--Vr)}.Vp{color:var(--Vp)}.Vz{color:var(--Vz)}
.written{color:var(--out)}.fault{color:var(--fault)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top}
thead th{color:var(--soft);font-weight:600}
td.number,th.number{text-align:right;white-space:nowrap}
#marks tbody th{white-space:nowrap}
.matrix{table-layout:fixed}
.matrix th:first-child{width:22%}
.matrix svg{display:block;width:100%;height:3rem;background:var(--grid);border-radius:.2rem}
.matrix small{color:var(--soft)}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:1rem;margin-top:.75rem}
.maps svg{display:block;width:100%;border-radius:.2rem}
.maps small{color:var(--soft);display:block;font-variant-numeric:tabular-nums}
details{margin:.75rem 0 0}
summary{cursor:pointer;font-weight:600}
.share{display:flex;height:1.6rem;border-radius:.25rem;overflow:hidden;margin:.75rem 0}
.share i{display:block;background:currentColor}
footer{color:var(--soft);font-size:.85rem;margin:1.5rem 0}
@media (max-width:34rem){main{padding:.6rem}figure,section{padding:.7rem}.plot{grid-template-rows:1.2rem 12rem 1.5rem;
grid-template-columns:3.1rem minmax(0,1fr)}.matrix td,.matrix th{padding:.3rem .2rem;font-size:.75rem;hyphens:auto}}
@media print{figure,section{break-inside:avoid}}
)";

}  // namespace cmma::page
#endif
